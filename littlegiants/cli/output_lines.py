"""Answers that a command writes: to standard output, or to a file that a later run goes on with."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from littlegiants.answers import Generated, Provenance, Revised
from littlegiants.errors import BadInput
from littlegiants.records import parse_record, record_line
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, digest

OPENING = b'{"prompt":'
"""How each line begins."""


def key_of(prompt: Prompt, draft: Sample | None = None) -> str:
    """What an item is known by, in the input and in the output."""
    return prompt.id if draft is None else digest([prompt.id, draft.to_fields()])


class OutputLines:
    """One answer a line, each written at once."""

    def __init__(self, path: Path | None) -> None:
        self._stream: IO[bytes] = path.open("ab") if path else sys.stdout.buffer
        self._is_file = path is not None

    def write(self, record: object) -> None:
        """Add a line."""
        self._stream.write(record_line(record))
        self._stream.flush()

    def close(self) -> None:
        """Close the file; standard output stays open."""
        if self._is_file:
            self._stream.close()


def keys_in(
    path: Path, record: type[Generated] | type[Revised], *, count: int = 1
) -> frozenset[str]:
    """Keys of the items that `path` answers in full; what an interruption left half is cut off.

    `count` answers make an item whole, or one that says that the item was refused.
    Raises BadInput naming file and line where it holds anything else.
    """
    keys: set[str] = set()
    group, key, whole_bytes = 0, "", 0
    for answer, end in _answers(path, record):
        found = key_of(answer.prompt, getattr(answer, "draft", None))
        if key not in keys and found != key and key:
            raise BadInput(
                f"{path}: has {group} answers to an item, not {count}; give that --count"
            )
        group = group + 1 if found == key else 1
        key = found
        if group >= count or answer.provenance == Provenance():
            keys.add(key)
            whole_bytes = end
    with path.open("r+b") as stream:
        stream.truncate(whole_bytes)
    return frozenset(keys)


def refuse_to_overwrite(path: Path) -> None:
    """Raise BadInput when there is something at `path`."""
    if path.exists() and path.stat().st_size:
        raise BadInput(f"--output: {path} is there already; add --resume to go on with it")


def _answers(
    path: Path, record: type[Generated] | type[Revised]
) -> Iterator[tuple[Generated | Revised, int]]:
    """Each answer with the byte at which its line ends; a last line that was cut is left out."""
    end = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            is_cut = not line.endswith(b"\n") and OPENING.startswith(line[: len(OPENING)])
            if not is_cut:
                end += len(line)
                yield parse_record(line, record, where=f"{path}:{number}"), end
