"""Looks at the final sets: each is written down before it is taken, whoever takes it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from upath import UPath

from pipelines.evaluation.own_tasks.evaluation_sets import final_names
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed

NAME = "final-looks"


def final_looks(run: UPath, name: str, tasks: Sequence[str]) -> list[dict[str, str]]:
    """All looks of the run in that folder, with that of study or stage `name` where one of `tasks`
    is a final set.
    """
    path = run / f"{NAME}.json"
    with claimed(run, NAME):
        looks: list[dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else []
        if seen := final_names(tasks):
            now = datetime.now(UTC).isoformat(timespec="seconds")
            looks.append({"study": name, "sets": ", ".join(seen), "time": now})
            write_whole(path, json.dumps(looks, indent=1))
    return looks
