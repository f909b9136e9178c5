"""Whether a model is there is asked, with its licence; nothing of it is fetched."""

import json
from pathlib import Path

import huggingface_hub.constants
import pytest

from pipelines.forecast.assumptions import parameters_of
from pipelines.preflight.findings import Finding, Note, Problem
from pipelines.preflight.model_checks import models_are_there
from tests.unit.hub import hub
from tests.unit.pipelines.preflight.conftest import Starting

WHOLE = {"config.json": b"{}", "model.safetensors": b"weights"}
HUBS = "models.generator=hf:org/name"


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Hubs are asked."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return monkeypatch


def asked(
    starting: Starting,
    online: pytest.MonkeyPatch,
    files: dict[str, bytes],
    refusal: tuple[int, str] | None = None,
) -> tuple[list[Finding], set[str]]:
    """What is found of a model on a hub, and which of its files were fetched."""
    with hub(files, refusal=refusal) as running:
        online.setattr(huggingface_hub.constants, "ENDPOINT", running.url)
        template = f"{running.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        online.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        found = list(models_are_there(starting(HUBS, teacher="openai")))
    return found, running.fetched


def test_the_licence_is_told_and_nothing_is_fetched(
    starting: Starting, online: pytest.MonkeyPatch
) -> None:
    found, fetched = asked(starting, online, WHOLE)
    assert found == [Note("models.generator: hf:org/name, licence apache-2.0")]
    assert fetched == set()


@pytest.mark.parametrize(
    ("files", "refusal", "said"),
    [
        ({"config.json": b"{}", "model.bin": b""}, None, "holds no .safetensors file"),
        ({"model.safetensors": b""}, None, "has no config.json"),
        ({}, (403, "GatedRepo"), "accept its licence at https://huggingface.co/org/name"),
        ({}, (404, "RepoNotFound"), "no repository that HF_TOKEN may read"),
    ],
    ids=["pickles", "no model", "gated", "not found"],
)
def test_why_a_model_cannot_be_had_is_said(
    starting: Starting,
    online: pytest.MonkeyPatch,
    files: dict[str, bytes],
    refusal: tuple[int, str] | None,
    said: str,
) -> None:
    (found, *_), _ = asked(starting, online, files, refusal)
    assert isinstance(found, Problem) and not found.is_passing
    assert found.message.startswith("models.generator: hf:org/name") and said in found.message


def test_a_hub_that_is_away_may_come_back(starting: Starting, online: pytest.MonkeyPatch) -> None:
    (found,), _ = asked(starting, online, {}, (503, ""))
    assert isinstance(found, Problem) and found.is_passing


def test_a_bought_teacher_is_not_asked_for(starting: Starting) -> None:
    assert list(models_are_there(starting("models.teacher=hf:org/name", teacher="openai"))) == []


def model_in(folder: Path, *, data: bytes = b"12", shards: tuple[str, ...] = ()) -> Path:
    header = json.dumps({"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}).encode()
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    weights = len(header).to_bytes(8, "little") + header + data
    (folder / "model.safetensors").write_bytes(weights)
    if shards:
        index = {"weight_map": dict(zip("abc", shards, strict=False))}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def test_a_whole_folder_has_no_problem(starting: Starting, tmp_path: Path) -> None:
    folder = model_in(tmp_path / "model", shards=("model.safetensors",))
    assert list(models_are_there(starting(f"models.generator={folder}"))) == []


def test_a_guide_is_one_of_the_models(starting: Starting) -> None:
    (told,) = models_are_there(starting("embedder.guide=/nowhere"))
    assert told.message.startswith("embedder.guide: /nowhere is no folder")


def test_the_size_of_a_folder_is_that_of_its_tensors(tmp_path: Path) -> None:
    assert parameters_of(str(model_in(tmp_path / "called-8B"))) == 2


def test_a_folder_that_is_not_whole_is_named(starting: Starting, tmp_path: Path) -> None:
    cut = model_in(tmp_path / "cut", data=b"1")
    lacking = model_in(tmp_path / "lacking", shards=("model.safetensors", "model-2.safetensors"))
    (lacking / "tokenizer.json").unlink()
    changes = (f"models.generator={cut}", f"models.scorer={lacking}", "models.embedder=/nowhere")
    found = [each.message for each in models_are_there(starting(*changes, teacher="openai"))]
    assert [each.partition(":")[0] for each in found] == [
        "models.generator",
        "models.embedder",
        *["models.scorer"] * 2,
    ]
    assert "is not whole" in found[0] and "no folder with a config.json" in found[1]
    assert "holds no tokenizer" in found[2] and "model-2.safetensors" in found[3]
