"""A trained embedder as its users get it: what they encode is what it was trained on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sentence_transformers import SentenceTransformer

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.contrast.grouped_rows import grouped
from pipelines.training.embedder import embedder_trainer, train_embedder
from pipelines.training.embedder_prompts import GENERAL, prompts_of
from pipelines.training.rows import TrainingRun, Triplet
from pipelines.training.runs import started
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

pytestmark = pytest.mark.filterwarnings("default")

SETTINGS = EmbedSettings(max_length=200, batch_size=2, dtype="float32")
ROWS = [
    Triplet(GENERAL, kind, f"{word} of them", f"all {word}")
    for kind in ("retrieval", "sts")
    for word in ("one", "two")
]


@pytest.fixture(scope="module", params=["mistral", "llama-3", "qwen"])
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny base."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    make_base(FORMS[request.param], folder / "base")
    return folder


def run_in(places: Path) -> TrainingRun[EmbedSettings]:
    return TrainingRun(places / "base", places / "out", places / "work", SETTINGS, seed=1)


@pytest.fixture(scope="module")
def trained(places: Path) -> SentenceTransformer:
    """The embedder trained on it, from its folder."""
    train_embedder(ROWS, run_in(places))
    return SentenceTransformer(str(places / "out"))


def read_in_training(places: Path, column: str) -> list[list[int]]:
    """The tokens of the retrieval rows' texts, as the trainer collates them."""
    rows = grouped(ROWS, places / "rows", SETTINGS)
    trainer = embedder_trainer(rows, run_in(places))
    collated = trainer.data_collator(list(trainer.train_dataset["retrieval_pairs"]))
    found: list[list[int]] = collated[f"{column}_input_ids"].tolist()
    return found


def read_in_use(model: SentenceTransformer, call: str, texts: list[str]) -> list[list[int]]:
    """The tokens that reach the model's layers."""
    seen: list[list[int]] = []

    def see(module: object, features: tuple[dict[str, Any]]) -> None:
        seen.extend(features[0]["input_ids"].tolist())

    hook = model[0].register_forward_pre_hook(see)
    getattr(model, call)(texts, batch_size=len(texts))
    hook.remove()
    return seen


@pytest.mark.parametrize(
    ("call", "column"), [("encode_query", "query"), ("encode_document", "positive")]
)
def test_a_text_is_encoded_as_it_was_trained_on(
    places: Path, trained: SentenceTransformer, call: str, column: str
) -> None:
    texts = [getattr(row, column) for row in ROWS if row.kind == "retrieval"]
    tokens = read_in_use(trained, call, texts)
    assert tokens == read_in_training(places, column)
    assert "one" in trained.tokenizer.decode(tokens[0])


def test_the_folder_has_a_prompt_for_each_kind_of_task_that_it_knows(
    places: Path, trained: SentenceTransformer
) -> None:
    config = json.loads((places / "out/config_sentence_transformers.json").read_text())
    assert config["default_prompt_name"] is None
    assert config["prompts"] == trained.prompts == prompts_of(["retrieval", "sts"])
    assert trained.prompts["document"] == ""
    assert trained.prompts["sts"] == "Instruct: Retrieve semantically similar text\nQuery: "
    assert "classification" not in trained.prompts


def test_fewer_rows_of_each_kind_than_processes_are_refused(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, larger = grouped(ROWS, places / "few", SETTINGS), {"batch_size": 4}
    run = replace(run_in(places), settings=SETTINGS.model_copy(update=larger))
    trainer = embedder_trainer(rows, started(run))
    monkeypatch.setattr("pipelines.training.batches.parts.world_size", lambda: 4)
    with pytest.raises(BadInput, match="of no kind are there 4"):
        trainer.get_train_dataloader()


def test_each_kind_has_its_prompts() -> None:
    assert set(prompts_of(Kind)) == {
        *("query", "document", "retrieval", "classification", "clustering", "sts"),
        *("matching_short", "matching_long", "Classification", "Clustering", "STS"),
    }
