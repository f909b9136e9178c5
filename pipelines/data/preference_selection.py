"""From a prompt's scored candidates to a preference: validity first, then what it is worth."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.data.records import Candidate, Candidates

NoChoice = Literal["fewer_than_two", "all_candidates_fail", "margin_too_small"]
"""Why there is nothing to learn from a prompt's candidates: the name under which it is counted."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Positions of the best and the worst candidate, and why."""

    best: int
    worst: int
    reason: str


def is_choice(candidates: Candidates) -> bool:
    """Whether a paid judgement can be of use: two different texts, one of them valid."""
    found = candidates.candidates
    texts = {candidate.text for candidate in found}
    return len(texts) > 1 and any(is_valid(candidate) for candidate in found)


def is_valid(candidate: Candidate) -> bool:
    """Whether a generator may learn to write so."""
    return candidate.sample is not None and not candidate.reason


def shuffled_order(candidates: Candidates, seed: int) -> tuple[int, ...]:
    """In which order a judge sees the candidates; a judge favours the first."""
    order = list(range(len(candidates.candidates)))
    random.Random(f"{seed}-{candidates.prompt.id}").shuffle(order)
    return tuple(order)


def choose_by_margin(
    margins: Sequence[float | None], *, least_margin: float = 0.02, valid_pairs: bool = False
) -> list[Choice] | NoChoice:
    """The preferences among a prompt's candidates, given each one's margin (None: it isn't valid).

    Best is the valid candidate with the highest margin. Worst is an invalid one where there is one,
    else the valid one with the lowest margin; below a difference of `least_margin` that is a tie.
    Of equals, the earlier is taken. With `valid_pairs` the worst valid one makes a second
    preference beside an invalid one, where it is no tie.
    """
    if len(margins) < 2:
        return "fewer_than_two"
    valid = {index: margin for index, margin in enumerate(margins) if margin is not None}
    if not valid:
        return "all_candidates_fail"
    best, worst = max(valid, key=valid.__getitem__), min(valid, key=valid.__getitem__)
    is_tie = best == worst or valid[best] - valid[worst] < least_margin
    told = f"worth {valid[best]:.3f} over {valid[worst]:.3f}"
    among = [] if is_tie else [Choice(best, worst, told)]
    invalid = next((index for index in range(len(margins)) if index not in valid), None)
    if invalid is None:
        return among or "margin_too_small"
    form = Choice(best, invalid, f"valid (worth {valid[best]:.3f}) over invalid")
    return [form, *(among if valid_pairs else [])]
