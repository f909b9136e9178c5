"""Looks at the final sets: each is written down before it is taken, whatever study takes it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from pipelines.run.step import Work
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed
from pipelines.studies.evaluation_sets import FINAL, short_name

NAME = "final-looks"


def final_looks(work: Work, tasks: Sequence[str]) -> list[dict[str, str]]:
    """All looks of the run so far, this one with them where one of `tasks` is a final set."""
    path = work.run.folder / f"{NAME}.json"
    with claimed(work.run.folder, NAME):
        looks: list[dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else []
        if seen := [short_name(each) for each in tasks if each in FINAL]:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            looks.append({"study": work.name, "sets": ", ".join(seen), "time": now})
            write_whole(path, json.dumps(looks, indent=1))
    return looks
