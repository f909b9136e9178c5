"""The files of requests that a stage has submitted: kept in the run, for the next start."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from upath import UPath

from pipelines.budget.usage import Usage
from pipelines.data.records import record_from
from pipelines.storage.atomic_writes import write_whole


@dataclass(frozen=True, slots=True)
class Part:
    """One file of requests: stored before it is submitted, so that it is never submitted twice."""

    tag: str
    keys: tuple[str, ...]
    reservation: str
    batch_id: str = ""
    is_done: bool = False
    broken: Mapping[str, Usage] = field(default_factory=dict)
    """What was paid for answers that were cut, filtered or empty, and are asked for again."""


def stored(folder: UPath, part: Part) -> Part:
    """Keep `part` in the place of what was kept of it before."""
    write_whole(folder / f"{part.tag}.json", json.dumps(asdict(part)))
    return part


def parts_in(folder: UPath) -> list[Part]:
    """Every part that was stored, also by an earlier start."""
    paths = sorted(folder.glob("*.json")) if folder.exists() else []
    return [record_from(Part, json.loads(path.read_text(encoding="utf-8"))) for path in paths]
