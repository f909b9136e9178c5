"""The files of requests that a stage has submitted: kept in the run, for the next start."""

import json
from collections.abc import Iterator, Mapping
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
    endpoint: str = ""
    """Where it was sent; no other knows of it."""
    longest: int = 0
    """Tokens that each of its answers may have."""
    file_id: str = ""
    """Set once the file is with the provider: from then on a batch of it may have begun."""
    batch_id: str = ""
    is_done: bool = False
    was_too_large: bool = False
    """The provider would not take so much at once; nothing of it was asked."""
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


def cut(
    lines: Iterator[tuple[str, bytes]], most: int, most_bytes: int
) -> Iterator[dict[str, bytes]]:
    """Files of at most so many lines and bytes, in the order of `lines`."""
    file: dict[str, bytes] = {}
    size = 0
    for key, line in lines:
        if file and (len(file) == most or size + len(line) > most_bytes):
            yield file
            file, size = {}, 0
        file[key] = line
        size += len(line)
    if file:
        yield file
