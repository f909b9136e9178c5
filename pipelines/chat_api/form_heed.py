"""Whether an endpoint heeds the form that it is asked for: some take it and say nothing of it."""

import json
from collections.abc import Mapping
from typing import Any

ENOUGH = 10
"""So many answers, none of the form: it is not heeded."""


class FormHeed:
    """Counts answers of one form until one has it, or enough have not."""

    def __init__(self) -> None:
        self._form, self._without, self._is_heeded = "", 0, False

    def is_ignored(self, form: str, schema: Mapping[str, Any], text: str) -> bool:
        """Whether `text`, a whole answer to a question of `schema`, is one too many without it."""
        if form != self._form:
            self._form, self._without, self._is_heeded = form, 0, False
        if not self._is_heeded:
            self._is_heeded = has_form(text, schema)
            self._without += not self._is_heeded
        return not self._is_heeded and self._without >= ENOUGH


def has_form(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether `text` is a JSON object, and no more, with the fields that `schema` requires."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.keys() >= set(schema.get("required", ()))
