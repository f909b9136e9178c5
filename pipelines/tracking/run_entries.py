"""The entries of a run and of its stages, as its folder has them now."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from upath import UPath

from pipelines.recipe.recipe import Recipe
from pipelines.storage.store import Store
from pipelines.tracking.entries import Entry, metrics_of, named, params_of, recipe_digest

FOLDER, RUN = "tracking", "run.json"
SHOWN_KEY = 6
"""Characters of a stage's key in its name: made of other inputs, it is another entry."""


@dataclass(frozen=True, slots=True)
class RunEntries:
    """Of the run in `folder`."""

    folder: UPath
    recipe: Recipe

    def run(self) -> Entry:
        """The run with its recipe and the digests of what that names."""
        tracking = self.recipe.tracking
        inputs = {named(f"digest.{name}"): each for name, each in self.recipe.inputs.items()}
        tags = {"recipe_digest": recipe_digest(self.recipe), "run": str(self.folder), **inputs}
        params, tags = params_of(self.recipe), tags | tracking.tags
        return Entry(tracking.project, self._id(), params=params, tags=tags)

    def stage(self, name: str, key: str) -> Entry:
        """The stage `name`, made under `key`."""
        run = self._id()
        entry_id = f"{run}-{name}-{key[:SHOWN_KEY]}"
        return Entry(self.recipe.tracking.project, entry_id, parent=run, tags={"key": key})

    def finished(self) -> dict[str, Entry]:
        """Every stage that has a record, with its numbers."""
        return {
            name: replace(
                self.stage(name, record["key"]), state="finished", metrics=metrics_of(record)
            )
            for name, record in self._records().items()
        }

    def totals(self) -> dict[str, float]:
        """What the run came to: rows, scores, what its teacher cost."""
        stages = {name: entry.metrics for name, entry in self.finished().items()}
        found = dict[str, float]()
        for metrics in stages.values():
            for name in (name for name in metrics if name.startswith("teacher.")):
                found[name] = found.get(name, 0.0) + metrics[name]
        for shard in range(self.recipe.evaluate.shard_count):
            scores = stages.get(f"evaluate-{shard}", {}).items()
            found |= {name: each for name, each in scores if name.startswith("scores.")}
        return found | ({"rows": stages["curate"]["out"]} if "curate" in stages else {})

    def _id(self) -> str:
        """Drawn once: every stage on every machine, and every restart, finds it in the folder."""
        store = Store(self.folder / FOLDER)
        try:
            return str(json.loads(store.read(RUN))["id"])
        except FileNotFoundError:
            drawn = {"id": f"{named(self.recipe.name)}-{uuid4().hex[:8]}"}
            store.create(RUN, json.dumps(drawn).encode())
            return str(json.loads(store.read(RUN))["id"])

    def _records(self) -> dict[str, Mapping[str, Any]]:
        folder = self.folder / "stages"
        paths = folder.glob("*.json") if folder.exists() else []
        kept = (path for path in paths if not path.name.endswith(".attempts.json"))
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in kept}
