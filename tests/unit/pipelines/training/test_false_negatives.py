"""What is known as a false negative is no negative, however the batch is cut."""

from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import (
    CachedGISTEmbedLoss,
    MultipleNegativesRankingLoss,
)
from torch.nn.functional import cross_entropy, normalize

from pipelines.training.contrast.false_negatives import (
    FalseNegatives,
    Guided,
    Rows,
    SameLabels,
)
from pipelines.training.contrast.losses import FairInBatchLoss
from tests.unit.pipelines.training.test_mini_batches import COLUMNS, model

__all__ = ["model"]

ROWS = Dataset.from_dict(
    {
        "query": ["it drips", "it is dark", "no heating", "a tap drips", "smoke"],
        "positive": ["urgent", "Urgent.", "can wait", "can wait", "urgent!"],
        "negative": ["can wait", "never", "urgent", "never", "can wait"],
    }
)
LABELS = SameLabels.of([ROWS["positive"], ROWS["negative"]])


class NoneAreFalse:
    """Every document of another row is a negative."""

    def among(self, own: Rows, every: Rows) -> Any:
        return np.zeros((len(own), 2 * len(every)), dtype=bool)


def test_a_label_that_reads_like_a_rows_own_is_no_negative() -> None:
    found = LABELS.among(np.array([2, 1]), np.array([0, 1, 2]))
    assert found.tolist() == [
        [False, False, True, True, False, False],
        [True, True, False, False, False, True],
    ]
    pairs = SameLabels.of([ROWS["positive"]])
    assert pairs.among(np.array([0]), np.array([0, 2, 4])).tolist() == [[True, False, True]]


def loss_of(model: SentenceTransformer, known: FalseNegatives, size: int) -> FairInBatchLoss:
    sizes = {"mini_batch_size": size, "most_tokens": 9}
    return FairInBatchLoss(model, scale=50, false_negatives=known, **sizes)


def value_and_gradient(
    model: SentenceTransformer, loss: Any, columns: list[list[str]], numbers: list[int]
) -> tuple[float, torch.Tensor]:
    model.zero_grad()
    value = loss([model.preprocess(texts) for texts in columns], torch.tensor(numbers))
    value.backward()
    return value.item(), model[0].model.embed_tokens.weight.grad.clone()


@pytest.mark.parametrize("size", [1, 6], ids=["cached", "at once"])
def test_without_any_the_loss_is_the_librarys(model: SentenceTransformer, size: int) -> None:
    numbers = list(range(6))
    ours = value_and_gradient(model, loss_of(model, NoneAreFalse(), size), COLUMNS, numbers)
    library = MultipleNegativesRankingLoss(model, scale=50)
    theirs = value_and_gradient(model, library, COLUMNS, numbers)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-5)
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("size", [1, 6], ids=["cached", "at once"])
def test_the_loss_is_over_the_fair_ones_alone(model: SentenceTransformer, size: int) -> None:
    numbers = [4, 2, 1]
    rows = [ROWS[n] for n in numbers]
    columns = [[row[name] for row in rows] for name in ("query", "positive", "negative")]
    found, _ = value_and_gradient(model, loss_of(model, LABELS, size), columns, numbers)
    vectors = [normalize(torch.tensor(model.encode(texts)).float()) for texts in columns]
    scores = 50 * vectors[0] @ torch.cat(vectors[1:]).T
    for row, left_out in enumerate([[2, 4], [3], [0, 4]]):
        scores[row, left_out] = -torch.inf
    assert found == pytest.approx(cross_entropy(scores, torch.arange(3)).item(), rel=1e-4)


@pytest.mark.parametrize("margin", [0.0, 0.001, -0.001])
@pytest.mark.parametrize("size", [2, 6], ids=["cached", "at once"])
def test_guided_the_loss_is_the_librarys(
    model: SentenceTransformer, margin: float, size: int
) -> None:
    guide = [model.encode(texts, normalize_embeddings=True) for texts in COLUMNS]
    known = Guided(np.stack(guide, axis=1), margin)
    numbers = list(range(6))
    ours = value_and_gradient(model, loss_of(model, known, size), COLUMNS, numbers)
    arguments: Any = {"contrast_anchors": False, "contrast_positives": False, "margin": margin}
    library = CachedGISTEmbedLoss(model, model, temperature=0.02, mini_batch_size=2, **arguments)
    theirs = value_and_gradient(model, library, COLUMNS, numbers)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-4)
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-3, atol=1e-4)
    unguided = value_and_gradient(model, loss_of(model, NoneAreFalse(), size), COLUMNS, numbers)
    assert ours[0] < unguided[0] - 1e-3


def test_rows_are_known_by_their_numbers_wherever_they_stand() -> None:
    vectors = np.eye(4)[[[0, 1], [0, 0], [2, 2]]]
    found = Guided(vectors, 0.0).among(np.array([2, 0]), np.array([1, 0, 2]))
    assert found.tolist() == [[False, False, False], [True, False, False]]
