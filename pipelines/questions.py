"""What a teacher is asked and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from littlegiants.errors import Unparsable
from pipelines.budget import Usage


@dataclass(frozen=True, slots=True)
class Turn:
    """An example: a question and the answer that a good teacher gives."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request: the answer is JSON of `schema`; `temperature` None is the recipe's."""

    text: str
    schema: Mapping[str, Any]
    seed: int
    temperature: float | None = None
    shots: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the teacher wrote; `is_cut` when it ran into the token limit.

    `refusal` is why the endpoint would not take the question (too long, say); then nothing is paid.
    """

    text: str
    is_cut: bool
    usage: Usage
    refusal: str = ""

    def written(self) -> str:
        """The whole text.

        Raises Unparsable: `refused` or `truncated`.
        """
        if self.refusal or self.is_cut:
            raise Unparsable("refused" if self.refusal else "truncated")
        return self.text
