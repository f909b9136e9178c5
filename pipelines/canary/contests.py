"""Contests: two answers to one prompt, and which of them is better."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from littlegiants.prompts import sample_text
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.canary.written_samples import Pair
from pipelines.chat_api.questions import Answer
from pipelines.data.intervals import CountedShare, counted
from pipelines.data.own_templates import own_templates
from pipelines.data.preference_selection import is_valid
from pipelines.data.records import Candidate
from pipelines.models.model_folders import resolve_model
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.teacher.ask import ask_all
from pipelines.teacher.judgements import Judging

Outcome = Literal["won", "lost", "tied", "not_judged"]
"""For the new weights. `not_judged`: both are invalid, or what the judge said cannot be read."""
NEW, SERVED = 0, 1
Contest = tuple[Prompt, Sample, Sample]
"""A prompt with the new weights' sample and the served ones', both valid."""


@dataclass(frozen=True, slots=True)
class Contests:
    """How often each outcome was, and how often a judge said the same in both orders."""

    outcomes: Counter[Outcome]
    agreement: CountedShare | None = None

    @property
    def win_rate(self) -> CountedShare:
        """Of the decided ones."""
        return counted(self.outcomes["won"], self.outcomes["won"] + self.outcomes["lost"])


async def contests(
    work: Work, prompts: Sequence[Prompt], pairs: Sequence[Pair], tally: Tally
) -> Contests:
    """Validity decides where only one is valid, else the recipe's judge does."""
    clear = [clear_outcome(*pair) for pair in pairs]
    left = [
        (prompt, new.sample, served.sample)
        for prompt, (new, served), outcome in zip(prompts, pairs, clear, strict=True)
        if outcome is None and new.sample and served.sample
    ]
    outcomes = Counter[Outcome](outcome for outcome in clear if outcome)
    if work.run.recipe.promotion.judge == "scorer":
        return Contests(outcomes + Counter(scored(work, left)))
    judged, agreement = await by_teacher(work, left, tally)
    return Contests(outcomes + Counter(judged), agreement)


def clear_outcome(new: Candidate, served: Candidate) -> Outcome | None:
    """What needs no judge; None of what does."""
    match is_valid(new), is_valid(served):
        case True, False:
            return "won"
        case False, True:
            return "lost"
        case False, False:
            return "not_judged"
    return "tied" if new.sample == served.sample else None


async def by_teacher(
    work: Work, left: Sequence[Contest], tally: Tally
) -> tuple[list[Outcome], CountedShare]:
    """Each contest asked in both orders; what wins in one and loses in the other is a tie."""
    own = own_templates(work.run.recipe).get("judge", "")
    judgings = [
        Judging(prompt, [sample_text(new), sample_text(served)], (NEW, SERVED), own)
        for prompt, new, served in left
    ]
    asked = [each for judging in judgings for each in (judging, judging.swapped)]

    def read(index: int, answer: Answer) -> object:
        return asked[index].read(answer)

    questions = [each.question for each in asked]
    answers = await ask_all(work, questions, tally, read) if questions else []
    best = [judging.best(answer) for judging, answer in zip(asked, answers, strict=True)]
    orders = list(zip(best[::2], best[1::2], strict=True))
    both = [pair for pair in orders if None not in pair]
    agreement = counted(sum(one == other for one, other in both), len(both))
    return [_judged(*pair) for pair in orders], agreement


def _judged(first: int | None, second: int | None) -> Outcome:
    if first is None or second is None:
        return "not_judged"
    if first != second:
        return "tied"
    return "won" if first == NEW else "lost"


def scored(work: Work, left: Sequence[Contest]) -> list[Outcome]:
    """By the margin of the free scorer; a difference below `judge.least_margin` is a tie."""
    if not left:
        return []
    from pipelines.evaluation.margin_scorer import margins

    recipe = work.run.recipe
    model = resolve_model(recipe.models.scorer, work.models)
    samples = [sample for _, new, served in left for sample in (new, served)]
    found = margins(samples, model=model, dtype=recipe.judge.dtype)
    gains = [new - served for new, served in zip(found[::2], found[1::2], strict=True)]
    least = recipe.judge.least_margin
    return ["tied" if abs(gain) < least else "won" if gain > 0 else "lost" for gain in gains]
