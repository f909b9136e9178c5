"""The tally of a stage: what it took in, gave out, and dropped for which reason."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pipelines.budget.usage import Usage


@dataclass(slots=True)
class Tally:
    """What a stage took in and gave out; every drop has a reason."""

    in_count: int = 0
    out_count: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    teacher: Usage | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def drop(self, reason: str) -> None:
        """Count one item that went in and does not come out."""
        self.dropped[reason] += 1
