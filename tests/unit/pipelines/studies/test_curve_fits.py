"""A curve is chosen by what it foretells, and its interval holds the truth."""

import numpy as np
import pytest

from pipelines.studies.curve_fits import Law, chosen_law, foretold
from pipelines.studies.scaling import advice

SIZES = (64, 128, 256, 512, 1024, 2048)


def seen(law: Law, *, spread: float = 0.002) -> list[list[float]]:
    rng = np.random.default_rng(3)
    return [
        [law.at(size) + spread * float(rng.standard_normal()) for _ in range(5)] for size in SIZES
    ]


@pytest.mark.parametrize(
    "law",
    [
        Law("log-linear", (0.1, 0.04), {}),
        Law("saturating power law", (0.55, 1.5, 0.5), {}),
    ],
    ids=lambda law: law.form,
)
def test_the_form_that_made_the_scores_is_chosen_and_foretells_more_rows(law: Law) -> None:
    scores = seen(law)
    found = chosen_law(SIZES, scores)
    assert found.form == law.form
    told = foretold(found, SIZES, scores, 4 * SIZES[-1])
    assert told.low is not None and told.high is not None
    assert told.low <= told.value <= told.high
    assert told.value == pytest.approx(law.at(4 * SIZES[-1]), abs=0.02)


def test_one_seed_foretells_without_an_interval() -> None:
    once = [each[:1] for each in seen(Law("log-linear", (0.1, 0.04), {}))]
    told = foretold(chosen_law(SIZES, once), SIZES, once, 4096)
    assert (told.low, told.high) == (None, None) and 0.3 < told.value < 0.6
    assert advice(told, 0.1).startswith("unknown")


def test_few_sizes_are_drawn_as_the_paper_does() -> None:
    found = chosen_law((10, 20, 40), [[0.1], [0.2], [0.3]])
    assert (found.form, found.missed_by) == ("log-linear", {})
    assert found.at(80) == pytest.approx(0.4)
