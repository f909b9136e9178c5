"""A recipe's YAML and `a.b=value` changes in, its fields out, not yet checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from littlegiants.errors import BadInput

TEXT_ASKED = frozenset({"string_type", "literal_error", "enum"})
"""Pydantic's errors of a field that takes a text."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields as YAML reads them, and as they are written: 2024-10-01, yes and 8 may be texts."""

    read: dict[str, Any]
    written: dict[str, Any]

    def change(self, change: str) -> None:
        """Put `a.b=value` in place of what was there; the value is YAML.

        Raises BadInput when it is not of that form, or leads through a value.
        """
        path, equals, value = change.partition("=")
        names = path.strip().split(".")
        if not equals or not all(names):
            raise BadInput(f"--set {change!r}: write FIELD=VALUE, as in synthesize.count=500")
        read, written = _loaded(value, f"--set {change!r}")
        _put(self.read, names, read, change)
        _put(self.written, names, written, change)

    def take_texts(self, error: ValidationError) -> bool:
        """Put what is written where a text was asked for; whether there was anything to put."""
        faults = [fault for fault in error.errors() if fault["type"] in TEXT_ASKED]
        taken = [self._take_text(fault["loc"]) for fault in faults]
        return any(taken)

    def _take_text(self, loc: Sequence[int | str]) -> bool:
        read, written = _at(self.read, loc[:-1]), _at(self.written, loc)
        try:
            value = read[loc[-1]]
        except (LookupError, TypeError):
            return False
        is_nothing = value is None and written != ""
        if not isinstance(written, str) or isinstance(value, str) or is_nothing:
            return False
        read[loc[-1]] = written
        return True


def fields_of(text: str, name: str) -> Fields:
    """The fields of a recipe's text.

    Raises BadInput when it is no mapping.
    """
    read, written = _loaded(text, f"recipe {name[:60]!r}")
    if not isinstance(read, dict):
        raise BadInput(f"recipe {name[:60]!r}: must be a mapping of fields")
    return Fields(read, written)


def _loaded(text: str, name: str) -> tuple[Any, Any]:
    try:
        written = yaml.load(text, Loader=yaml.BaseLoader)
        return _read(text, written), "" if written is None else written
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"{name}: not YAML: {' '.join(str(error).split())}") from error


def _read(text: str, written: Any) -> Any:
    try:
        return yaml.safe_load(text)
    except ValueError:  # 2024-13-01 looks like a date, and is none
        if isinstance(written, str):
            return written
        raise


def _put(fields: Any, names: Sequence[str], value: Any, change: str) -> None:
    *parents, last = names
    for parent in parents:
        if fields.get(parent) in (None, ""):
            fields[parent] = {}
        fields = fields[parent]
        if not isinstance(fields, dict):
            raise BadInput(f"--set {change!r}: {parent} is a value, not a section")
    fields[last] = value


def _at(fields: Any, loc: Sequence[int | str]) -> Any:
    """What lies at `loc`, keys from the outside in; None when it leads nowhere."""
    for part in loc:
        try:
            fields = fields[part]
        except (LookupError, TypeError):
            return None
    return fields
