"""A run is a folder: nouns under `data/`, journals, models, a record for each finished stage."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.records import read_records, record_line
from pipelines.data.records import Noun
from pipelines.journal import INTERVAL_S, Journal
from pipelines.journal.compaction import tidy
from pipelines.recipe.recipe import Recipe
from pipelines.run.failed_attempts import failed_attempts
from pipelines.run.resource_usage import ResourceUsage
from pipelines.run.tally import Tally
from pipelines.step_progress import reading, say
from pipelines.storage.atomic_writes import whole_file, write_whole
from pipelines.storage.claims import claimed
from pipelines.storage.leases import Lease
from pipelines.storage.promises import require_promises
from pipelines.storage.store import Store


@dataclass(frozen=True, slots=True)
class Run:
    """A recipe at work in a folder, which may be on any fsspec URL."""

    folder: UPath
    recipe: Recipe

    def read(self, noun: type[Noun], name: str) -> list[Noun]:
        """All records of `data/NAME.jsonl`.

        Raises BadInput naming file and line; a file that is not there names the step to run first.
        """
        return list(self.rows(noun, name))

    def rows(self, noun: type[Noun], name: str) -> Iterator[Noun]:
        """The records of `data/NAME.jsonl` one after another; raises as `read`."""
        path = self.path(name)
        if not path.exists():
            raise BadInput(f"{path}: not there; run the step that writes {name} first")
        with path.open("rb") as stream, reading(stream, path.stat().st_size, name):
            yield from read_records(stream, noun, name=str(path))

    def write(self, name: str, rows: Iterable[Any]) -> None:
        """Write `data/NAME.jsonl`, whole or not at all, row by row."""
        with whole_file(self.path(name)) as stream:
            for row in rows:
                stream.write(record_line(row))

    def path(self, name: str) -> UPath:
        """Where the noun `name` lies."""
        return self.folder / "data" / f"{name}.jsonl"

    def journal(self, name: str, interval_s: float = INTERVAL_S) -> Journal:
        """The journal of a fan-out, whose stage is claimed: nobody else writes to it."""
        folder = self.folder / "journal" / name
        tidy(Store(folder))
        return Journal(folder, interval_s=interval_s)

    def claimed(self, name: str) -> AbstractContextManager[Lease | None]:
        """The right to a stage, in a store where such a right holds."""
        require_promises(self.folder)
        return claimed(self.folder, name)

    def stage(self, name: str) -> dict[str, Any] | None:
        """The record of a finished stage."""
        path = self.folder / "stages" / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def is_done(self, name: str, key: str, writes: Sequence[UPath]) -> bool:
        """Whether stage `name` has run on the same inputs and what it wrote is still there."""
        record = self.stage(name)
        return bool(record and record["key"] == key and all(path.exists() for path in writes))

    def finish(
        self, name: str, *, key: str, tally: Tally, started: float, used: ResourceUsage
    ) -> None:
        """Record that stage `name` is done, and say what came of it."""
        record = {
            "name": name,
            "key": key,
            "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
            **used.record(),
            "in": tally.in_count,
            "out": tally.out_count,
            "dropped": dict(tally.dropped),
            "resumed": tally.resumed,
            "teacher": asdict(tally.teacher) if tally.teacher else None,
            "detail": tally.detail,
            "failed": failed_attempts(self.folder, name),
        }
        write_whole(self.folder / "stages" / f"{name}.json", json.dumps(record, indent=1))
        drops = "".join(f", {count} {reason}" for reason, count in tally.dropped.most_common())
        say(
            name,
            f"done in {record['seconds']} s: {tally.in_count} in, {tally.out_count} out{drops}",
        )
