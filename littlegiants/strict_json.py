"""JSON that is valid as it stands, read in C: most answers are, alone or inside a fence."""

import json
from collections.abc import Sequence
from typing import Any

from littlegiants.string_escapes import SUSPECT


def _one_of_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of an object; None where a key has two values."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        fields |= {key: None for key, value in pairs if fields[key] != value}
    return fields


DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_one_of_each)


def strict_value(text: str, at: int) -> tuple[Any, int]:
    r"""The value that begins `at`, and where it ends.

    Raises ValueError where it is not valid, nests too deep, or has what strict JSON takes for a
    control character but its writer may have meant as TeX: \frac.
    """
    try:
        value, end = DECODER.raw_decode(text, at)
    except RecursionError as error:
        raise ValueError("nests too deep") from error
    if SUSPECT.search(text, at, end):
        raise ValueError("a backslash that may not have been doubled")
    return value, end
