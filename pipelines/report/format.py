"""Formats numbers, times and sizes for a reader; what is missing is said, never shown as 0."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

MISSING = Markup('<span class="missing">not recorded</span>')
UNPRICED = Markup('<span class="missing">no price known</span>')

MINUS = "\N{MINUS SIGN}"
REPLACED = "\N{REPLACEMENT CHARACTER}"

GIB = 2**30
MIB = 2**20


def part(value: object, *keys: str) -> Mapping[str, Any]:
    """The mapping under `keys`, or an empty one where any of them is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> tuple[Mapping[str, Any], ...]:
    """The mappings in the list `value`; nothing where it is missing."""
    return (
        tuple(x for x in value if isinstance(x, Mapping)) if isinstance(value, list | tuple) else ()
    )


def number(value: object) -> float | None:
    """`value` when it is a finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if math.isfinite(value) else None


def count(value: object) -> str:
    """A whole number with thousands apart."""
    return MISSING if number(value) is None else f"{value:,.0f}"


def score(value: object) -> str:
    """A score or a loss to three decimals."""
    return MISSING if number(value) is None else f"{value:.3f}".replace("-", MINUS)


def signed(value: object) -> str:
    """A difference with its sign."""
    return MISSING if number(value) is None else f"{value:+.3f}".replace("-", MINUS)


def percent(value: object) -> str:
    """A share of 1 in percent, to one decimal below 10 %."""
    found = number(value)
    if found is None:
        return MISSING
    return f"{100 * found:.1f} %" if 0 < found < 0.0995 else f"{100 * found:,.0f} %"


def dollars(spend: Mapping[str, Any]) -> str:
    """The money in `spend`; null there means that the model has no known price."""
    if "dollars" not in spend:
        return MISSING
    found = number(spend["dollars"])
    if found is None:
        return UNPRICED
    return f"${found:,.2f}" if found >= 0.1 or found == 0 else f"${found:.4f}"


def cap(caps: Mapping[str, Any], name: str) -> str:
    """The cap called `name`; null there means that there is none."""
    if name not in caps:
        return MISSING
    if caps[name] is None:
        return "no cap"
    return dollars(caps) if name == "dollars" else count(caps[name])


def duration(seconds: object) -> str:
    """A time span in the units a reader would choose."""
    found = number(seconds)
    if found is None:
        return MISSING
    if found < 60:
        return f"{found:.1f} s"
    minutes, rest = divmod(round(found), 60)
    return (
        f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
    )


def size(byte_count: object) -> str:
    """Memory in GiB, or MiB when it is small."""
    found = number(byte_count)
    if found is None:
        return MISSING
    return f"{found / GIB:.2f} GiB" if found >= GIB else f"{found / MIB:.0f} MiB"


def moment(iso: object) -> str:
    """A date and time of day; text that is no ISO date stays as it is."""
    if not isinstance(iso, str):
        return MISSING
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{found.day} {found:%b %Y, %H:%M %Z}".strip()


def plain(value: object) -> str:
    """One setting as text; a list of records only by its length."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        if any(isinstance(item, Mapping) for item in value):
            return f"{len(value)} records"
        return ", ".join(plain(item) for item in value) or "empty list"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(item)}" for key, item in value.items()) or "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)


def flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of nested settings with their dotted names."""
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", plain(item)


def printable(value: object) -> object:
    """`value` without the characters that no HTML page may hold (controls, lone surrogates)."""
    if isinstance(value, str):
        return "".join(char if _is_allowed(char) else REPLACED for char in value)
    if isinstance(value, Mapping):
        return {printable(str(key)): printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item) for item in value]
    return value


def _is_allowed(char: str) -> bool:
    code = ord(char)
    if code < 0x20:
        return char in "\t\n\r"
    return not (0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code & 0xFFFE == 0xFFFE)
