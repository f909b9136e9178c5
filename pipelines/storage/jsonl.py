"""Files of one JSON object a line, as other programs write them: every fault has its line."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput


def write_jsonl(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """One JSON object a line."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), "utf-8")


def string_at(place: str, key: str, value: Any) -> str:
    """`value`, or nothing for null and for NaN, which pandas writes in its place.

    Raises BadInput naming `place` when it is no text.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if not isinstance(value, str):
        raise BadInput(f"{place}: {key} is {value!r:.60}; give a string")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadInput(f"{place}: {key} has half of a surrogate pair, which is no text; mend it")
    return value


def read_jsonl(path: Path, keys: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects of a JSONL file, each with a non-empty string under all `keys`.

    Raises BadInput naming file, line and remedy.
    """
    for number, line in enumerate(lines_of(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadInput(
                f"{path}:{number}: not JSON ({error}); write one object a line"
            ) from error
        for key in keys:
            value = row.get(key) if isinstance(row, dict) else None
            if not isinstance(value, str) or not value.strip():
                raise BadInput(
                    f"{path}:{number}: {key} is missing or not text; give a non-empty string"
                )
        yield number, row


def lines_of(path: Path) -> list[str]:
    """The lines of a UTF-8 file, which end at a line feed alone, without a byte order mark.

    Raises BadInput where it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read ({error.strerror}); "
            "a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/test.tsv"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}: not UTF-8 at byte {error.start}; convert the file to UTF-8"
        ) from error
