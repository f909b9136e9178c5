"""A stage's questions in batches: the answers are in its journal, the rest is left to be asked."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from pipelines.chat_api.questions import Answer
from pipelines.cli.step_flags import OWN_TEACHERS
from pipelines.journal import Journal
from pipelines.run.step import Work
from pipelines.step_progress import say
from pipelines.teacher.early_stop import flaw_of
from pipelines.teacher.endpoint import teacher_of
from pipelines.teacher.stage_questions import StageQuestions

if TYPE_CHECKING:
    from pipelines.chat_api.teacher import Teacher

MANY, FIRST = 100, 2
"""Of so many questions the first are asked directly: a batch that is asked in a wrong way, or of
the wrong model, takes a day to say so."""


def has_batches(work: Work) -> bool:
    """Whether the teacher may have a batch API; says where it has none."""
    if work.teacher in OWN_TEACHERS:
        say(work.name, f"a {work.teacher} teacher has no batch API; it is asked directly")
    return work.teacher not in OWN_TEACHERS


async def asked_in_batches(asked: StageQuestions) -> int:
    """Let the provider's batch API answer what it can; gives how many answers that were."""
    from pipelines.batch_api.batches import Batches
    from pipelines.batch_api.items import BatchItems

    work, answered, first = asked.work, dict[str, Answer](), list[str]()
    with work.run.journal(work.name) as journal:
        left = {key: each for key, each in asked.items.items() if key not in journal}
        if not left:
            return 0

        async def keep(key: str, answer: Answer) -> None:
            journal.add(key, asdict(answer))
            await journal.store_when_due()
            if key in left:
                answered[key] = answer

        async with teacher_of(work) as teacher:
            batches = Batches(teacher, work.run.folder / "batches" / work.name)
            if len(left) > MANY and not batches.has_begun:
                first = await _first_asked(asked, teacher, journal)
                left = {key: each for key, each in left.items() if key not in first}
            await batches.ask(BatchItems(teacher, left, keep))
    for key, answer in answered.items():
        await asked.taken(key, answer)
    return len(answered) + len(first)


async def _first_asked(asked: StageQuestions, teacher: "Teacher", journal: Journal) -> list[str]:
    """Learn from a few how the endpoint wants to be asked; gives those that it answered.

    Goes on until one answer is of use. Raises BadInput when none of many is.
    """
    say(asked.work.name, "asks some questions directly before the others are batched")
    first, useful_count = list[str](), 0
    for key in [key for key in asked.items if key not in journal]:
        answer = await teacher.ask(asked.items[key])
        value = await asked.taken(key, answer)
        if not answer.why:
            journal.append(key, value)
            first.append(key)
        useful_count += not flaw_of(answer, asked.reads[key])
        if useful_count and len(first) >= FIRST:
            break
    return first
