"""Scores against rows: which curve fits, what it says of more rows, how sure that is."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, curve_fit

Array = NDArray[np.float64]
Curve = Callable[..., Array]
LEAST_SIZES = 4
"""A curve of three constants needs one size more to be chosen by."""
DRAWS = 200


def log_linear(rows: Array, start: float, gain: float) -> Array:
    """So much more with each e-fold of rows: the paper's form, which never ends."""
    return start + gain * np.log(rows)


def saturating(rows: Array, limit: float, gap: float, power: float) -> Array:
    """A power law towards a limit: bends where there is little left to learn."""
    return limit - gap * rows ** (-power)


@dataclass(frozen=True, slots=True)
class Form:
    """A curve, where its search begins, and the bounds of its constants."""

    curve: Curve
    start: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


FORMS = {
    "log-linear": Form(log_linear, (0.3, 0.01), (-5, -1), (5, 1)),
    "saturating power law": Form(saturating, (0.6, 0.5, 0.3), (-1, -10, 0.02), (1, 10, 2)),
}


@dataclass(frozen=True, slots=True)
class Forecast95:
    """What a curve says of so many rows, with a 95 % interval from the seeds; one seed has none."""

    rows: int
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Law:
    """The chosen curve, and what each form missed the largest size by when it was hidden."""

    form: str
    constants: tuple[float, ...]
    missed_by: dict[str, float]

    def at(self, rows: float) -> float:
        """The score that it says of so many rows."""
        return float(FORMS[self.form].curve(np.array([float(rows)]), *self.constants)[0])


def fitted(form: str, sizes: Array, values: Array) -> tuple[float, ...]:
    """Constants of `form` by least squares; of a search that ends nowhere, where it began."""
    shape = FORMS[form]
    try:
        with warnings.catch_warnings():
            # three sizes fix three constants: nothing is left to estimate an error by
            warnings.simplefilter("ignore", OptimizeWarning)
            found, _ = curve_fit(
                shape.curve,
                sizes,
                values,
                shape.start,
                bounds=(shape.low, shape.high),
                max_nfev=2000,
            )
    except RuntimeError:
        return shape.start
    return tuple(map(float, found))


def chosen_law(sizes: Sequence[int], scores: Sequence[Sequence[float]]) -> Law:
    """The form that foretells the largest size best when it is hidden, fitted to all sizes.

    `scores` has the seeds of each size. With fewer than four sizes it is log-linear.
    """
    x, y = np.array(sizes, dtype=float), np.array([np.mean(each) for each in scores])
    if len(x) < LEAST_SIZES:
        return Law("log-linear", fitted("log-linear", x, y), {})
    missed = {
        form: float(FORMS[form].curve(x[-1:], *fitted(form, x[:-1], y[:-1]))[0] - y[-1])
        for form in FORMS
    }
    best = min(missed, key=lambda form: abs(missed[form]))
    return Law(best, fitted(best, x, y), missed)


def foretold(
    law: Law, sizes: Sequence[int], scores: Sequence[Sequence[float]], rows: int
) -> Forecast95:
    """The law at `rows`, with an interval: seeds drawn anew at each size, fitted anew."""
    if min(map(len, scores)) < 2:
        return Forecast95(rows, law.at(rows), None, None)
    rng = np.random.default_rng(0)
    x = np.array(sizes, dtype=float)
    curve, drawn = FORMS[law.form].curve, []
    for _ in range(DRAWS):
        y = np.array([np.mean(rng.choice(each, len(each))) for each in scores])
        drawn.append(float(curve(np.array([float(rows)]), *fitted(law.form, x, y))[0]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Forecast95(rows, law.at(rows), float(low), float(high))
