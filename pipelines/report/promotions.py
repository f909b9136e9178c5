"""Promotions and judges as a reader takes them: trials of new weights, how steady a judge is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.report.format import count, number, part, percent

GATES = {
    "yield_holds": "too few valid samples",
    "wins_enough": "loses against what is served",
    "stays_diverse": "repeats itself more",
    "keeps_its_length": "other lengths",
}


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One trial as text; `verdict` says which gate was shut, if one was."""

    role: str
    new: str
    verdict: str
    is_kept_out: bool
    valid: str
    diversity: str
    words: str
    contests: str
    win_rate: str
    agreement: str


def trial_rows(trials: Sequence[Mapping[str, Any]]) -> tuple[TrialRow, ...]:
    """A row for each trial that the run keeps."""
    return tuple(_row(each) for each in trials)


def _row(trial: Mapping[str, Any]) -> TrialRow:
    failing = [str(name) for name in trial.get("failing") or ()]
    sides = [part(trial, "profiles", name) for name in ("new", "served")]
    outcomes = part(trial, "outcomes")
    return TrialRow(
        role=str(trial.get("role")),
        new=str(trial.get("new")),
        verdict="; ".join(GATES.get(name, name) for name in failing) or "promoted",
        is_kept_out=bool(failing),
        valid=_beside(sides, "yield", percent),
        diversity=_beside(sides, "diversity", percent),
        words=_beside(sides, "words", count),
        contests=" / ".join(
            count(number(outcomes.get(name)) or 0) for name in ("won", "lost", "tied")
        ),
        win_rate=share_of(part(trial, "win_rate")),
        agreement=share_of(part(trial, "agreement")),
    )


def _beside(sides: Sequence[Mapping[str, Any]], name: str, form: Callable[[object], str]) -> str:
    """What is new and what is served; a dash where no text was compared."""
    found = [number(each.get(name)) for each in sides]
    return " / ".join("–" if value is None else form(value) for value in found)


def agreement_of(found: Mapping[str, Any]) -> str:
    """How often the teacher chose the same in both orders; empty where it was not asked so."""
    return f"{share_of(found)} of {count(found.get('total'))}" if found.get("total") else ""


def share_of(found: Mapping[str, Any]) -> str:
    """A counted share with its 95 % interval; empty where nothing was counted."""
    total = number(found.get("total"))
    if not total:
        return ""
    share = (number(found.get("count")) or 0) / total
    low, high = (percent(found.get(name)) for name in ("low", "high"))
    return f"{percent(share)} ({low} to {high})"
