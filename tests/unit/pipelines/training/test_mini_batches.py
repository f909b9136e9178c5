"""Mini-batches of texts of like length: little padding, and the loss and gradients of any other."""

from typing import Any

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss

from pipelines.models.decoder_embedder import base_embedder
from pipelines.recipe.recipe import load_recipe
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.batches.mini_batches import ranges_within
from pipelines.training.contrast.losses import OwnNegativeLoss, in_batch_loss
from tests.bench.drawn_lengths import Lengths, padded
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

SETTINGS = EmbedSettings(batch_size=6, mini_batch_size=2, max_length=64, dtype="float32")
WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "all",
    "the",
    "rest",
    "of",
    "it",
    "hello",
    "world",
]
COLUMNS = [[" ".join(WORDS[n : n + (7 * n + c) % 9 + 1]) for n in range(6)] for c in (1, 5, 8)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    """A tiny decoder that embeds."""
    folder = tmp_path_factory.mktemp("mistral")
    make_base(FORMS["mistral"], folder)
    return base_embedder(folder, SETTINGS)


@pytest.mark.parametrize(
    ("lengths", "most", "expected"),
    [
        ([9, 5, 5, 2], 10, [(0, 1), (1, 3), (3, 4)]),
        ([30, 8, 8], 16, [(0, 1), (1, 3)]),
        ([512, 512, 100, 90, 89], 4096, [(0, 2), (2, 5)]),
        ([5], 10, [(0, 1)]),
    ],
    ids=["full", "too long", "unlike", "one"],
)
def test_a_mini_batch_is_full_or_ends_where_texts_are_shorter(
    lengths: list[int], most: int, expected: list[tuple[int, int]]
) -> None:
    assert ranges_within(lengths, most) == expected


@pytest.mark.parametrize("devices", [1, 2, 4, 8])
def test_little_of_what_the_papers_recipe_computes_is_padding(devices: int) -> None:
    recipe = load_recipe("paper-8b")
    rows, most = recipe.embedder.batch_size // devices, recipe.embedder.mini_batch_tokens
    computed = real = 0.0
    for kind, share in recipe.shares.items():
        for column in Lengths(recipe).columns(kind, rows):
            lengths = sorted(column, reverse=True)
            ranges = ranges_within(lengths, most)
            assert all((end - begin) * lengths[begin] <= most for begin, end in ranges)
            computed += share * padded(ranges, lengths)
            real += share * sum(lengths)
    assert computed / real < 1.05


def value_and_gradient(model: SentenceTransformer, loss: Any) -> tuple[float, torch.Tensor]:
    model.zero_grad()
    value = loss([model.preprocess(texts) for texts in COLUMNS], torch.zeros(6))
    value.backward()
    return value.item(), model[0].model.embed_tokens.weight.grad.clone()


def test_the_loss_is_the_librarys(model: SentenceTransformer) -> None:
    ours = value_and_gradient(model, in_batch_loss(model, SETTINGS, world=1))
    cached = CachedMultipleNegativesRankingLoss(model, scale=50, mini_batch_size=2)
    theirs = value_and_gradient(model, cached)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-5)
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-3, atol=1e-5)


def test_each_row_keeps_its_own_negative(model: SentenceTransformer) -> None:
    found = [
        value_and_gradient(
            model, OwnNegativeLoss(model, scale=50, mini_batch_size=n, most_tokens=9)
        )
        for n in (1, 6)
    ]
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-3, atol=1e-5)


def test_it_is_the_same_on_which_side_a_text_is_padded(model: SentenceTransformer) -> None:
    right, texts = model.encode(COLUMNS[2]), model.tokenizer
    assert texts.padding_side == "right"
    texts.padding_side = "left"
    try:
        left = model.encode(COLUMNS[2])
    finally:
        texts.padding_side = "right"
    torch.testing.assert_close(torch.tensor(left), torch.tensor(right), rtol=1e-4, atol=1e-5)
