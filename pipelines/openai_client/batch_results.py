"""A batch's file of results: a line for each request, and lines that a provider damaged."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.openai_client.faults import fault_of_status, outcome_of
from pipelines.openai_client.replies import Fault, FaultKind, Reply

Outcome = Reply | Fault
DAMAGED = Fault(
    FaultKind.PASSING, "its line in the batch's results is damaged or missing", is_paid=True
)
NAMED = re.compile(rb'"custom_id"\s*:\s*"([^"\\]+)"')


@dataclass(frozen=True, slots=True)
class Results:
    """What came of requests by their names, and what cannot be read."""

    outcomes: tuple[tuple[str, Outcome], ...]
    damaged: tuple[str, ...]
    """The request's name for each line that cannot be read; empty where that is lost as well."""


def results_in(content: bytes) -> Results:
    """What a file of results holds; a damaged line is one that is missing, whatever is in it."""
    outcomes, damaged = [], []
    for line in lines_in(content):
        try:
            outcomes.append(_result(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            names = [name.decode(errors="replace") for name in NAMED.findall(line)]
            damaged += names or [""]
    return Results(tuple(outcomes), tuple(damaged))


def outcomes_of(
    files: Sequence[Results], keys: Sequence[str], completed: int = 0
) -> list[tuple[str, Outcome]]:
    """What came of the requests `keys`, each once.

    One whose line is damaged was paid for, and one without a line where `completed`, the
    provider's count of answers, is more than there are.
    """
    asked, found = set(keys), dict[str, Outcome]()
    for key, outcome in (each for file in files for each in file.outcomes):
        if key in asked and not isinstance(found.get(key), Reply):  # the line that answers counts
            found[key] = outcome
    damaged = Counter(name for file in files for name in file.damaged)
    missing = [key for key in keys if key not in found]
    named = [key for key in missing if key in damaged]
    replies = sum(isinstance(outcome, Reply) for outcome in found.values())
    nameless = max(damaged[""], completed - replies - len(named))
    others = [key for key in missing if key not in damaged][:nameless]
    found |= dict.fromkeys(named + others, DAMAGED)
    return [(key, found[key]) for key in keys if key in found]


def lines_in(content: bytes) -> list[bytes]:
    """The lines with something in them; they end at a line feed and at nothing else."""
    return [line for line in content.split(b"\n") if line.strip()]


def _result(line: Mapping[str, Any]) -> tuple[str, Outcome]:
    key = line["custom_id"]
    if not isinstance(key, str):
        raise TypeError("custom_id is no text")
    response = line.get("response") or {}
    status, body = response.get("status_code"), response.get("body")
    if status is None:
        message = (line.get("error") or {}).get("message") or "no response"
        return key, Fault(FaultKind.PASSING, message)
    body = json.loads(body) if isinstance(body, str) and body.startswith("{") else body
    is_fine = 200 <= int(status) < 300
    return key, outcome_of(body) if is_fine else fault_of_status(int(status), body, {})
