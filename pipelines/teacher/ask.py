"""Asks the teacher many questions, each once: from the journal, the cache, or for money."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from pipelines.budget.usage import Usage
from pipelines.chat_api.questions import Answer, Question
from pipelines.data.records import plain, record_from
from pipelines.journal import Value
from pipelines.journal.compaction import drop
from pipelines.openai_client.replies import NOT_RECORDED, FaultKind
from pipelines.run.fanout import Fanout
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.step_progress import say
from pipelines.storage.store import Store
from pipelines.teacher.ask_in_batches import asked_in_batches, has_batches
from pipelines.teacher.cache import AnswerCache, endpoint_name
from pipelines.teacher.early_stop import EarlyStop, Read, flaw_of
from pipelines.teacher.endpoint import budget_of, lessons_of, teacher_model, teacher_of
from pipelines.teacher.spending import Spending
from pipelines.teacher.stage_questions import StageQuestions

if TYPE_CHECKING:
    from pipelines.chat_api.teacher import Teacher

PASSING = (FaultKind.PASSING, FaultKind.TIMED_OUT)
PAID_INTERVAL_S = 1.0
"""The longest that what is paid for waits: more often, an object store costs more than it saves."""
MOST_TOLD = 3
"""Of the endpoint's messages on questions that it did not answer."""


async def ask_all(
    work: Work,
    questions: Sequence[Question],
    tally: Tally,
    read: Callable[[int, Answer], object] = lambda index, answer: answer.written(),
) -> list[Answer]:
    """The teacher's answers in the order of `questions`; its spend is added to `tally`.

    `read` is what the stage makes of the answer to a question (its index), and raises Unparsable
    where that is nothing: no other run is given such an answer; most of them, or the same refusal
    again and again, end the stage with BadInput.
    """
    teacher = work.run.recipe.teacher
    how = [teacher_model(work), *teacher.manner]
    keys = [digest([how, question.content()]) for question in questions]
    indices = {key: index for index, key in enumerate(keys)}
    items = {key: questions[index] for key, index in indices.items()}
    reads = {key: _bound(read, index) for key, index in indices.items()}
    watch = EarlyStop(work.name, teacher.useless_share)
    shared = _shared(work)
    with shared or nullcontext() as cache, _useless_dropped(work, watch):
        answers = await _answers(StageQuestions(work, items, reads, cache, watch), tally)
    _tell(answers, work, tally)
    # not of the answers alone: what failed, or was asked by an earlier start, was paid as well
    tally.teacher = (await asyncio.to_thread(budget_of, work.run)).spent_by(work.name)
    return [answers[key] for key in keys]


def _shared(work: Work) -> AnswerCache | None:
    teacher = work.run.recipe.teacher
    if not teacher.cache:
        return None
    return AnswerCache(UPath(teacher.cache), endpoint_name(work.teacher, teacher.model))


def _bound(read: Callable[[int, Answer], object], index: int) -> Read:
    return lambda answer: read(index, answer)


@contextmanager
def _useless_dropped(work: Work, watch: EarlyStop) -> Iterator[None]:
    """What stopped a stage is asked for again by the next start, which may find it mended."""
    try:
        yield
    finally:
        if watch.useless:
            drop(Store(work.run.folder / "journal" / work.name), watch.useless)


async def _answers(asked: StageQuestions, tally: Tally) -> dict[str, Answer]:
    tally.resumed -= _taken_from_cache(asked)
    if asked.work.run.recipe.teacher.batch and has_batches(asked.work):
        tally.resumed -= await asked_in_batches(asked)
    answers = await _asked_live(asked, tally)
    _check_recorded(asked.work, answers)
    asked.watch.finish(asked.noted(answers))
    return answers


async def _asked_live(asked: StageQuestions, tally: Tally) -> dict[str, Answer]:
    work, spending = asked.work, Spending()

    async def ask(client: "Teacher", item: tuple[str, Question]) -> Value:
        key, question = item
        client.presence.others = asked.witnesses
        answer = await client.ask(question)
        spending.note(answer, client.budget.spent_by(work.name))
        return await asked.taken(key, answer)

    width = work.run.recipe.teacher.concurrency
    how: Any = {"aside": spending.text, "interval_s": PAID_INTERVAL_S, "lost": is_lost}
    fanout = Fanout(work, work.name, lambda: teacher_of(work), width, **how)
    keyed = {key: (key, question) for key, question in asked.items.items()}
    values = await fanout.map(keyed, ask, tally, keep=lambda value: not value["why"])
    return {key: record_from(Answer, value) for key, value in values.items()}


def is_lost(value: Value) -> bool:
    """Whether the endpoint gave no answer for a reason that may have passed."""
    return bool(value["why"]) and value["fault"] in PASSING


def _taken_from_cache(asked: StageQuestions) -> int:
    """Put what other runs paid for into this run's journal; gives how many answers that were."""
    if asked.cache is None:
        return 0
    work = asked.work
    with work.run.journal(work.name) as journal:
        found = asked.cache.take(key for key in asked.items if key not in journal)
        of_use = {key: each for key, each in found.items() if not flaw_of(each, asked.reads[key])}
        for key, answer in of_use.items():
            journal.append(key, asdict(Answer(answer.text, Usage(), saved=answer.usage)))
    if of_use:
        told = f"{len(of_use)} of {len(asked.items)} answers are in the cache and cost nothing"
        say(work.name, told)
    return len(of_use)


def _check_recorded(work: Work, answers: Mapping[str, Answer]) -> None:
    if answers and all(each.fault == NOT_RECORDED for each in answers.values()):
        recording = work.run.recipe.teacher.recording
        raise BadInput(
            f"teacher.recording: {recording} answers none of the {len(answers)} questions "
            f"of {work.name}; record them, or ask another with --teacher local, openai or a base "
            "URL"
        )


def _tell(answers: Mapping[str, Answer], work: Work, tally: Tally) -> None:
    before = Usage(**tally.detail.get("answers", {}))
    cost = sum((answer.usage for answer in answers.values()), before)
    tally.detail["answers"] = plain(cost)
    lessons = lessons_of(work).read()
    if lessons.words:
        tally.detail["refused_parameters"] = dict(sorted(lessons.words.items()))
    if lessons.dialect.thinking_tokens:
        tally.detail["thinking_tokens"] = lessons.dialect.thinking_tokens
    saved = [answer.saved for answer in answers.values() if answer.saved]
    if saved:
        tally.detail["cached"] = {"answers": len(saved), "saved": plain(sum(saved, Usage()))}
    told = Counter(each.why for each in answers.values() if each.why and each.fault != NOT_RECORDED)
    for message, count in told.most_common(MOST_TOLD):
        say(work.name, f"{count} questions were not answered: {message}")
    if told:
        tally.detail["not_answered"] = dict(told.most_common(MOST_TOLD))
