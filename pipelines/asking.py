"""Many questions to the teacher, each answered once: from the journal, the cache, or for money."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from pipelines.answer_cache import AnswerCache
from pipelines.budget import Usage
from pipelines.fanout import Fanout
from pipelines.journal import Value
from pipelines.places import teacher_model, teacher_of
from pipelines.progress import say
from pipelines.questions import Answer, Question
from pipelines.replies import NOT_RECORDED, FaultKind
from pipelines.run import Tally, plain, record_from
from pipelines.spending import Spending
from pipelines.stage import Work
from pipelines.step_flags import OWN_TEACHERS

if TYPE_CHECKING:
    from pipelines.teacher import Teacher

PASSING = (FaultKind.PASSING, FaultKind.TIMED_OUT)
PAID_INTERVAL_S = 1.0
"""The longest that what is paid for waits: more often, an object store costs more than it saves."""


async def ask_all(work: Work, questions: Sequence[Question], tally: Tally) -> list[Answer]:
    """The teacher's answers in the order of `questions`; its spend is added to `tally`."""
    teacher = work.run.recipe.teacher
    how = [teacher_model(work), teacher.temperature, teacher.top_p, teacher.max_tokens]
    items = {digest([how, asdict(question)]): question for question in questions}
    cache = AnswerCache(UPath(teacher.cache)) if teacher.cache else None
    tally.resumed -= await _taken_from_cache(work, items, cache)
    if teacher.batch and _has_batches(work):
        tally.resumed -= await _asked_in_batches(work, items, cache)
    answers = await _asked_live(work, items, cache, tally)
    _check_refusals(work, answers)
    _count(answers, tally)
    return [answers[digest([how, asdict(question)])] for question in questions]


async def _asked_live(
    work: Work, items: Mapping[str, Question], cache: AnswerCache | None, tally: Tally
) -> dict[str, Answer]:
    spending = Spending()
    left_out: set[str] = set()

    async def ask(client: "Teacher", item: tuple[str, Question]) -> Value:
        key, question = item
        answer = await client.ask(question)
        spending.note(answer, client.budget.spent_by(work.name))
        left_out.update(client.dialect.left_out)
        if cache and not answer.fault:
            await cache.put(key, answer)
        return asdict(answer)

    width = work.run.recipe.teacher.concurrency
    how: Any = {"aside": spending.text, "interval_s": PAID_INTERVAL_S, "lost": is_lost}
    fanout = Fanout(work, work.name, lambda: teacher_of(work), width, **how)
    keyed = {key: (key, question) for key, question in items.items()}
    values = await fanout.map(keyed, ask, tally, keep=lambda value: not value["why"])
    if left_out:
        tally.detail["refused_parameters"] = ", ".join(sorted(left_out))
    return {key: record_from(Answer, value) for key, value in values.items()}


def is_lost(value: Value) -> bool:
    """Whether the endpoint gave no answer for a reason that may have passed."""
    return bool(value["why"]) and value["fault"] in PASSING


async def _taken_from_cache(
    work: Work, items: Mapping[str, Question], cache: AnswerCache | None
) -> int:
    """Put what other runs paid for into this run's journal; gives how many answers that were."""
    if cache is None:
        return 0
    with work.run.journal(work.name) as journal:
        found = await cache.take([key for key in items if key not in journal.values])
        for key, answer in found.items():
            journal.add(key, asdict(Answer(answer.text, Usage(), saved=answer.usage)))
            await journal.store_when_due()
    if found:
        say(work.name, f"{len(found)} of {len(items)} answers are in the cache and cost nothing")
    return len(found)


def _has_batches(work: Work) -> bool:
    if work.teacher in OWN_TEACHERS:
        say(work.name, f"a {work.teacher} teacher has no batch API; it is asked directly")
    return work.teacher not in OWN_TEACHERS


async def _asked_in_batches(
    work: Work, items: Mapping[str, Question], cache: AnswerCache | None
) -> int:
    """Let the provider's batch API answer what it can; gives how many answers that were."""
    from pipelines.batches import Batches

    with work.run.journal(work.name) as journal:
        left = {key: question for key, question in items.items() if key not in journal.values}
        if not left:
            return 0
        answered: dict[str, Answer] = {}

        async def keep(key: str, answer: Answer) -> None:
            if key in left and key not in answered:
                answered[key] = answer
                journal.add(key, asdict(answer))
                await journal.store_when_due()
                if cache and not answer.fault:
                    await cache.put(key, answer)

        async with teacher_of(work) as teacher:
            batches = Batches(teacher, work.run.folder / "batches" / work.name)
            await batches.ask(left, keep)
    return len(answered)


def _check_refusals(work: Work, answers: Mapping[str, Answer]) -> None:
    stage, teacher = work.name, work.run.recipe.teacher
    if answers and all(each.fault == NOT_RECORDED for each in answers.values()):
        raise BadInput(
            f"teacher.recording: {teacher.recording} answers none of the {len(answers)} questions "
            f"of {stage}; record them, or ask another with --teacher local, openai or a base URL"
        )
    refusals = [each.why for each in answers.values() if each.why and each.fault == "refused"]
    if refusals and len(refusals) == len(answers):
        raise BadInput(
            f"teacher: refuses every question of {stage}: {refusals[0]}; mend the recipe's "
            "teacher section (of a local teacher: serving.max_model_len)"
        )


def _count(answers: Mapping[str, Answer], tally: Tally) -> None:
    spent = sum((answer.usage for answer in answers.values()), Usage())
    tally.teacher = (tally.teacher or Usage()) + spent
    saved = [answer.saved for answer in answers.values() if answer.saved]
    if saved:
        tally.detail["cached"] = {"answers": len(saved), "saved": plain(sum(saved, Usage()))}
