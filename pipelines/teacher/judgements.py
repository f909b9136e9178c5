"""Judgements by the teacher: which of some texts is best, asked in one order or in two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from littlegiants.errors import Unparsable
from littlegiants.parsing import parse_judgement
from littlegiants.prompts import judge_prompt
from littlegiants.samples import judgement_schema
from littlegiants.tasks import Prompt
from pipelines.chat_api.questions import Answer, Question


@dataclass(frozen=True, slots=True)
class Judging:
    """Texts that answer `prompt`, and the order in which a judge sees them."""

    prompt: Prompt
    texts: Sequence[str]
    order: tuple[int, ...]
    template: str = ""
    """Text of one's own, in the place of the shipped one."""

    @property
    def question(self) -> Question:
        """At temperature 0."""
        shown = [self.texts[index] for index in self.order]
        schema = judgement_schema(len(self.order))
        text = judge_prompt(self.prompt, shown, own=self.template)
        return Question(text, schema, seed=self.prompt.seed, temperature=0.0)

    @property
    def swapped(self) -> "Judging":
        """The same texts from the last to the first: a judge favours places."""
        return replace(self, order=self.order[::-1])

    def read(self, answer: Answer) -> tuple[str, int, int]:
        """Reason, and which text is best and which worst, in their own numbers.

        Raises Unparsable with the reason of a drop.
        """
        reason, best, worst = parse_judgement(answer.written(), len(self.order))
        return reason, self.order[best], self.order[worst]

    def best(self, answer: Answer) -> int | None:
        """Which text is best; None where the answer does not say."""
        try:
            return self.read(answer)[1]
        except Unparsable:
            return None
