"""Candidates in, preferences out: best and worst by the teacher or by the free scorer."""

import random
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from littlegiants.errors import Unparsable
from littlegiants.plain_text import without_faults
from littlegiants.prompts import sample_text
from pipelines.chat_api.questions import Answer
from pipelines.cli.step_flags import FolderSettings, TeacherSettings
from pipelines.data.intervals import counted
from pipelines.data.own_templates import own_templates
from pipelines.data.preference_selection import is_choice, is_valid, shuffled_order
from pipelines.data.records import Candidate, Candidates, Preference
from pipelines.models.model_folders import resolve_model
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.step_progress import say
from pipelines.teacher.ask import ask_all
from pipelines.teacher.endpoint import recording_of
from pipelines.teacher.judgements import Judging


class JudgeSettings(TeacherSettings, FolderSettings):
    """Choose best and worst: the teacher for some prompts, the free scorer for the rest.

    python -m pipelines.steps.judge --run runs/demo --teacher http://HOST:8000/v1
    """


async def judge(work: Work) -> Tally:
    """Write `data/preferences.jsonl`."""
    recipe = work.run.recipe
    sets = work.run.read(Candidates, "candidates")
    shuffled = random.Random(recipe.seed).sample(sets, len(sets))
    by_teacher, by_scorer = shared_out(work, shuffled)
    tally = Tally(in_count=len(by_teacher) + len(by_scorer))
    preferences = [
        *await judged_by_teacher(work, by_teacher, tally),
        *judged_by_scorer(work, by_scorer, tally),
    ]
    tally.out_count = len(preferences)
    for name in ("teacher", "scorer"):
        tally.detail[name] = sum(preference.judge == name for preference in preferences)
    work.run.write("preferences", preferences)
    return tally


def shared_out(work: Work, sets: Sequence[Candidates]) -> tuple[list[Candidates], list[Candidates]]:
    """What the teacher judges, and what the scorer does; a recorded teacher knows its own sets."""
    recording, count = recording_of(work), work.run.recipe.judge.teacher_count
    if recording:
        return list(recording.judged[:count]), list(sets)
    by_teacher = [each for each in sets if is_choice(each)][:count]
    ids = {each.prompt.id for each in by_teacher}
    return by_teacher, [each for each in sets if each.prompt.id not in ids]


async def judged_by_teacher(
    work: Work, sets: Sequence[Candidates], tally: Tally
) -> list[Preference]:
    """The teacher's choices, the order in which it saw the candidates recorded.

    `judge.swapped_share` of them are asked in the other order as well, to tell how often it says
    the same; the first order counts.
    """
    recipe = work.run.recipe
    own = own_templates(recipe).get("judge", "")
    judgings = [judging_of(each, recipe.seed, own) for each in sets]
    swapped = [each.swapped for each in judgings[: swapped_count(work, len(sets))]]
    asked = [*judgings, *swapped]

    def read(index: int, answer: Answer) -> object:
        return asked[index].read(answer)

    questions = [each.question for each in asked]
    answers = await ask_all(work, questions, tally, read) if questions else []
    preferences = []
    for each, judging, answer in zip(sets, judgings, answers, strict=False):
        try:
            preferences.append(chosen_by_teacher(each, judging, answer))
        except Unparsable as error:
            tally.drop(f"teacher_{error.reason}")
    if swapped:
        tally.detail["swapped"] = agreement(asked, answers, first=len(judgings))
    return preferences


def judging_of(candidates: Candidates, seed: int, own: str = "") -> Judging:
    """The candidates in the order in which the teacher sees them."""
    texts = [candidate.text for candidate in candidates.candidates]
    return Judging(candidates.prompt, texts, shuffled_order(candidates, seed), own)


def swapped_count(work: Work, count: int) -> int:
    """How many of `count` sets are asked in both orders; a recorded teacher knows but one."""
    return 0 if recording_of(work) else int(work.run.recipe.judge.swapped_share * count)


def agreement(asked: Sequence[Judging], answers: Sequence[Answer], *, first: int) -> dict[str, Any]:
    """How often the best one is the same in both orders, of those that could be read in both."""
    best = [judging.best(answer) for judging, answer in zip(asked, answers, strict=True)]
    both = [pair for pair in zip(best, best[first:], strict=False) if None not in pair]
    return asdict(counted(sum(one == other for one, other in both), len(both)))


def chosen_by_teacher(candidates: Candidates, judging: Judging, answer: Answer) -> Preference:
    """The teacher's choice.

    Raises Unparsable with the reason of a drop; `chose_invalid` when nobody should learn from it.
    """
    reason, best, worst = judging.read(answer)
    chosen, rejected = (candidates.candidates[index] for index in (best, worst))
    if not is_valid(chosen):
        raise Unparsable("chose_invalid")
    return preference(candidates, chosen, rejected, reason, judge="teacher", order=judging.order)


def judged_by_scorer(work: Work, sets: Sequence[Candidates], tally: Tally) -> list[Preference]:
    """The scorer's choices: validity first, then the margin under a reference embedder."""
    from pipelines.evaluation.margin_scorer import choose
    from pipelines.models.devices import computing

    recipe = work.run.recipe
    model = resolve_model(recipe.models.scorer, work.models)
    chosen_type = computing(recipe.judge.dtype)
    say(work.name, f"scorer: {chosen_type}")
    choices = choose(
        [each.candidates for each in sets],
        model=model,
        least_margin=recipe.judge.least_margin,
        valid_pairs=recipe.judge.valid_pairs,
        dtype=chosen_type.dtype,
    )
    preferences = []
    for each, found in zip(sets, choices, strict=True):
        if isinstance(found, str):
            tally.drop(found)
            continue
        for choice in found:
            chosen, rejected = each.candidates[choice.best], each.candidates[choice.worst]
            preferences.append(preference(each, chosen, rejected, choice.reason, judge="scorer"))
    return preferences


def preference(
    candidates: Candidates,
    chosen: Candidate,
    rejected: Candidate,
    reason: str,
    *,
    judge: str,
    order: tuple[int, ...] = (),
) -> Preference:
    """A pair to learn from; a chosen text that is valid is written as the schema wants it.

    Special tokens and control characters of the rejected one are left out: a model would unlearn to
    end its turn.
    """
    text = sample_text(chosen.sample) if chosen.sample and is_valid(chosen) else chosen.text
    worse = without_faults(rejected.text)
    return Preference(candidates.prompt, text, worse, reason, judge, order)


STEP = Step(
    title=lambda settings: "judge",
    settings=JudgeSettings,
    sections=lambda settings: ("judge", "teacher", "models.teacher", "models.scorer"),
    reads=lambda settings: ("data/candidates.jsonl",),
    writes=lambda settings: ("data/preferences.jsonl",),
    body=judge,
)

if __name__ == "__main__":
    main(STEP)
