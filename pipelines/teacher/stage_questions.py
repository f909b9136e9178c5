"""A stage's questions, what it makes of their answers, and where it finds them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from pipelines.chat_api.questions import Answer, Question
from pipelines.journal import Journal, Value
from pipelines.run.step import Work
from pipelines.teacher.cache import AnswerCache
from pipelines.teacher.early_stop import EarlyStop, Noted, Read, flaw_of

WITNESSES = 3
"""Questions that tell whether the endpoint is there, where none was answered yet."""


@dataclass(frozen=True, slots=True)
class StageQuestions:
    """Questions by their content keys, and `reads`: what the stage makes of each one's answer."""

    work: Work
    items: Mapping[str, Question]
    reads: Mapping[str, Read]
    cache: AnswerCache | None
    watch: EarlyStop

    async def taken(self, key: str, answer: Answer) -> Value:
        """An answer that was paid for, as the journal keeps it; of use to others, if it is.

        Raises BadInput when it is one too many of no use.
        """
        flaw = flaw_of(answer, self.reads[key])
        if self.cache and not flaw:
            await self.cache.put(key, answer)
        self.watch.note(key, answer, flaw)
        return asdict(answer)

    def noted(self, answers: Mapping[str, Answer]) -> Iterator[Noted]:
        """Answers with what is wrong with them."""
        for key, answer in answers.items():
            yield Noted(key, answer, flaw_of(answer, self.reads[key]))

    def witnesses(self) -> list[Question]:
        """Questions to tell an endpoint that is away from one that some are too much for: one that
        it answered in an earlier start, else some of the others.
        """
        journal = Journal(self.work.run.folder / "journal" / self.work.name)
        answered = next((each for key, each in self.items.items() if key in journal), None)
        questions = list(self.items.values())
        spread = max(1, len(questions) // WITNESSES)
        return [answered] if answered else questions[::-spread][:WITNESSES]
