"""A sample is worth what it teaches: relevance first, then the hardest negative that is fair."""

import pytest

from littlegiants.kinds import Kind
from pipelines.data.similarity import Similarity, closeness


def test_closeness_rises_then_falls_without_a_jump() -> None:
    assert closeness(0.85) == pytest.approx(closeness(0.8500001), abs=1e-5)
    assert closeness(0.4) < closeness(0.7) > closeness(0.95) > closeness(1.0) == 0


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param((0.8, 0.5), (0.8, 0.05), id="harder"),
        pytest.param((0.8, 0.05), (0.8, 0.79), id="fair"),
        pytest.param((0.8, 0.3), (0.4, 0.3), id="nearer positive"),
        pytest.param((0.4, 0.39), (0.1, 0.05), id="relevant before fair"),
        pytest.param((0.5, None), (0.99, None), id="no copy"),
    ],
)
def test_is_worth_more(
    better: tuple[float, float | None], worse: tuple[float, float | None]
) -> None:
    assert Similarity(*better).worth(Kind.STS) > Similarity(*worse).worth(Kind.STS)


def test_labels_are_not_told_apart_by_the_misleading_one() -> None:
    kind = Kind.CLASSIFICATION
    assert Similarity(0.5, 0.1).worth(kind) == Similarity(0.5, 0.6).worth(kind)
