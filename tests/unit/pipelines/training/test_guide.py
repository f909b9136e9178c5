"""A guide reads the rows' texts once, bare, and no labels."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.models.decoder_embedder import base_embedder
from pipelines.models.encoded import ShortTexts
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.contrast import guide as guides
from pipelines.training.contrast.false_negatives import Guided, SameLabels
from pipelines.training.contrast.grouped_rows import GroupedRows, grouped
from pipelines.training.embedder import known_false_negatives
from pipelines.training.rows import Triplet
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

pytestmark = pytest.mark.filterwarnings("default")

WORDS = ("one", "two", "three", "four", "five")
ROWS = [
    *(Triplet("Find it.", "sts", f"{word} of them", f"all {word}", "the rest") for word in WORDS),
    *(Triplet("", "retrieval", word, f"the {word}") for word in WORDS),
    *(Triplet("Label.", "classification", word, "two", "three") for word in WORDS),
]
SETTINGS = EmbedSettings(guide="somewhere", label_negatives="batch", dtype="float32")


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that embeds."""
    folder = tmp_path_factory.mktemp("guide")
    make_base(FORMS["mistral"], folder / "base")
    base_embedder(folder / "base", SETTINGS).save_pretrained(str(folder / "guide"))
    return folder / "guide"


@pytest.fixture
def rows(tmp_path: Path) -> GroupedRows:
    return grouped(ROWS, tmp_path, SETTINGS)


def test_every_text_but_labels_has_its_vector(
    rows: GroupedRows, guide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guides, "BLOCK", 2)
    guides.look_at(rows, guide)
    reader = ShortTexts(guide)
    for group, columns in (("sts", 3), ("retrieval_pairs", 2)):
        vectors = guides.vectors_of(rows.folder, group)
        own = [row for row in ROWS if row.kind in group]
        for number, row in enumerate(own):
            texts = [row.query, row.positive, row.negative][:columns]
            expected = reader.vectors(texts)
            np.testing.assert_allclose(vectors[number], expected, atol=2e-3)
    with pytest.raises(FileNotFoundError):
        guides.vectors_of(rows.folder, "classification")


def test_it_reads_what_has_changed_only(rows: GroupedRows, guide: Path, tmp_path: Path) -> None:
    file, key = tmp_path / "sts.npy", guides.look_at(rows, guide)
    read_at = file.stat().st_mtime_ns
    assert guides.look_at(rows, guide) == key
    assert file.stat().st_mtime_ns == read_at
    other = guides.look_at(grouped(ROWS[1:], tmp_path, SETTINGS), guide)
    assert other != key and file.stat().st_mtime_ns != read_at


def test_each_group_is_told_by_what_knows_it(rows: GroupedRows, guide: Path) -> None:
    guides.look_at(rows, guide)
    known = known_false_negatives(rows, SETTINGS)
    assert {name: type(each) for name, each in known.items()} == {
        "sts": Guided,
        "retrieval_pairs": Guided,
        "classification": SameLabels,
    }
    plain = known_false_negatives(rows, EmbedSettings())
    assert not plain
