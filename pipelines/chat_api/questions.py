"""Questions and answers: what a teacher is asked, and what came back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from littlegiants.errors import Unparsable
from pipelines.budget.usage import Usage
from pipelines.data.examples import Turn


@dataclass(frozen=True, slots=True)
class Question:
    """One request: the answer is JSON of `schema`; `temperature` None is the recipe's."""

    text: str
    schema: Mapping[str, Any]
    seed: int
    temperature: float | None = None
    shots: tuple[Turn, ...] = ()

    def content(self) -> dict[str, Any]:
        """Plain data of all of it: what its answer is kept under."""
        return {
            "text": self.text,
            "schema": self.schema,
            "seed": self.seed,
            "temperature": self.temperature,
            "shots": [asdict(shot) for shot in self.shots],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What the teacher wrote, or the name of the `fault` for which the item is dropped.

    `why` is the endpoint's own message where it gave no answer at all; such an answer is not kept.
    """

    text: str
    usage: Usage
    fault: str = ""
    why: str = ""
    saved: Usage | None = None
    """What the answer cost another run, when it comes from the cache that runs share."""

    def written(self) -> str:
        """The whole text.

        Raises Unparsable: `truncated`, `filtered`, `refused`, `empty`, `timed_out`, `unavailable`.
        """
        if self.fault:
            raise Unparsable(self.fault)
        return self.text
