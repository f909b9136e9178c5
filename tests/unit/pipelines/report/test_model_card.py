"""An embedder's card says what it is and how good it is, and makes no other model of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard
from upath import UPath

from pipelines.recipe.recipe import load_recipe
from pipelines.report.model_card import Scores, licences_of, write_card
from pipelines.run.folder import Run
from pipelines.storage.digests import content_digest

STEP = {"step": 1, "total_steps": 1, "loss": 2.5}
RECORDS: dict[str, dict[str, Any]] = {
    "seed": {"detail": {"valid": 9, "model": "gpt-4o"}},
    "judge": {"out": 22, "detail": {}},
    "correct": {"detail": {"valid": 6}},
    "curate": {"detail": {"kinds": {"retrieval": 1200, "sts": 30}, "revised": 200}},
    "embed": {
        "out": 1228,
        "detail": {
            "training": [STEP],
            "licences": {"hf:org/base": "apache-2.0"},
            "averaged": {"steps": [9, 10], "loss": 2.25, "last_step_loss": 2.5, "batches": 8},
        },
    },
}
SCORES = [
    {"task": "B/STS17", "kind": "STS", "metric": "spearman", "base": 0.25, "trained": 0.5},
    {
        "task": "B/ArguAna",
        "kind": "Retrieval",
        "metric": "ndcg_at_10",
        "base": 0.5,
        "trained": 0.75,
    },
]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose embedder is trained and not yet scored."""
    recipe = load_recipe("laptop", ["models.embedder=hf:org/base"])
    (tmp_path / "models/embedder").mkdir(parents=True)
    (tmp_path / "models/embedder/model.safetensors").write_text("weights")
    for name, record in RECORDS.items():
        keep(tmp_path, name, record)
    return Run(UPath(tmp_path), recipe)


def keep(folder: Path, name: str, record: dict[str, Any]) -> None:
    (folder / "stages").mkdir(exist_ok=True)
    (folder / f"stages/{name}.json").write_text(json.dumps(record))


def card_of(run: Run, scores: Scores = ()) -> ModelCard:
    write_card(run, RECORDS["embed"], scores)
    return ModelCard.load(Path(str(run.folder)) / "models/embedder/README.md")


def test_tells_use_data_recipe_and_licences(run: Run) -> None:
    card = card_of(run)
    said = " ".join(card.content.split())
    for fact in (
        'model = SentenceTransformer("embedder")',
        r"| `sts` | `Instruct: Retrieve semantically similar text\nQuery: ` |",
        "1,228 rows",
        "| retrieval | 1,200 |",
        "on 9 samples, 22 preferences and 6 corrections; the teacher was `gpt-4o`",
        "| base | `hf:org/base` |",
        "| steps, loss | 1, 2.500 at first, 2.500 at last |",
        "| checkpoints averaged | steps 9, 10: loss 2.2500 on rows of the training, the last",
        "| `hf:org/base` | apache-2.0 |",
        "Not evaluated yet.",
    ):
        assert fact in said
    assert (card.data.license, card.data.base_model) == ("apache-2.0", "org/base")
    assert card.data.library_name == "sentence-transformers"


def test_has_the_scores_as_soon_as_there_are_some(run: Run) -> None:
    card = card_of(run, SCORES)
    assert "| B/STS17 | spearman | 0.250 | 0.500 |" in card.content
    assert "| trained | 75.0 | 50.0 | 62.5 |" in card.content
    assert {(e.task_type, e.dataset_name, e.metric_value) for e in card.data.eval_results} == {
        ("STS", "B/STS17", 0.5),
        ("Retrieval", "B/ArguAna", 0.75),
    }


def test_is_no_part_of_what_the_model_is(run: Run) -> None:
    before = content_digest(run.folder / "models/embedder")
    card_of(run)
    assert content_digest(run.folder / "models/embedder") == before


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: mit\n---\nA model.", "mit"),
        ("---\ntags: [a]\n---\n", "unknown"),
        ("---\n- a\n---\n", "unknown"),
        ("---\n: : {\n---\n", "unknown"),
        ("A model.", "unknown"),
        (None, "unknown"),
    ],
    ids=["stated", "not stated", "a list", "no YAML", "no head", "no card"],
)
def test_the_licence_is_what_the_bases_own_card_states(
    tmp_path: Path, card: str | None, licence: str
) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card)
    changes = [f"models.embedder={tmp_path}", "models.generator=hf:org/writer"]
    assert licences_of(load_recipe("laptop", changes), tmp_path) == {
        "hf:org/writer": "see https://huggingface.co/org/writer",
        str(tmp_path): licence,
    }
