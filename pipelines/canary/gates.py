"""The gates of a promotion: what new weights may lose against those that are served."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.canary.contests import Contests
from pipelines.canary.written_samples import Profile
from pipelines.recipe.promotion_section import Thresholds


@dataclass(frozen=True, slots=True)
class Findings:
    """What the canary found of the new weights and of the served ones."""

    new: Profile
    served: Profile
    contests: Contests


Gate = Callable[[Findings, Thresholds], bool]


def yield_holds(found: Findings, thresholds: Thresholds) -> bool:
    """About as many samples are valid."""
    return found.new.yielded >= found.served.yielded - thresholds.most_yield_loss


def wins_enough(found: Findings, thresholds: Thresholds) -> bool:
    """It cannot be told that they lose: too few contests are never enough for that."""
    return found.contests.win_rate.high >= thresholds.least_win_rate


def stays_diverse(found: Findings, thresholds: Thresholds) -> bool:
    """Texts repeat themselves and one another hardly more."""
    if found.new.diversity is None or found.served.diversity is None:
        return True
    return found.new.diversity >= found.served.diversity * (1 - thresholds.most_diversity_loss)


def keeps_its_length(found: Findings, thresholds: Thresholds) -> bool:
    """Samples are about as long."""
    if not found.new.words or not found.served.words:
        return True
    most = 1 + thresholds.most_length_change
    return 1 / most <= found.new.words / found.served.words <= most


GATES: tuple[Gate, ...] = (yield_holds, wins_enough, stays_diverse, keeps_its_length)


def failing_gates(found: Findings, thresholds: Thresholds) -> tuple[str, ...]:
    """Names of the gates that are shut; empty means promote."""
    return tuple(gate.__name__ for gate in GATES if not gate(found, thresholds))
