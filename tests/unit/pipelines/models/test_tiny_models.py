"""A tiny model keeps what its architecture and its tokenizer decide, and loses its size."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BertConfig, BertModel

from littlegiants.errors import BadInput, Unavailable
from pipelines.models.chat_template import training_tokenizer
from pipelines.models.tiny_models import FAMILIES, own_files, shrunk, tiny_of_family, tiny_of_folder
from tests.unit.hub import hub

MOST_BYTES = 20e6


@pytest.fixture(scope="module", params=FAMILIES)
def family(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Each family's name, and a tiny model of it."""
    folder = tmp_path_factory.mktemp("tiny") / request.param
    return request.param, tiny_of_family(request.param, folder)


def test_a_family_is_loaded_as_any_model(family: tuple[str, Path]) -> None:
    name, folder = family
    config, tokenizer = AutoConfig.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert type(model.config) is type(FAMILIES[name]())
    assert config.vocab_size == len(tokenizer) == model.get_input_embeddings().num_embeddings
    assert (config.eos_token_id, model.dtype) == (tokenizer.eos_token_id, torch.bfloat16)
    assert sum(file.stat().st_size for file in folder.iterdir()) < MOST_BYTES


def test_its_tokenizer_gives_texts_back_and_can_train(family: tuple[str, Path]) -> None:
    _, folder = family
    tokenizer = training_tokenizer(folder)
    text = "Comets, 42 of them; écoute"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True).strip() == text
    chat = tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False)
    assert text in chat


@pytest.mark.parametrize(
    ("name", "beginning", "padding", "has_template"),
    [
        ("llama-3", "<|begin_of_text|>", None, False),
        ("mistral", "<s>", None, False),
        ("qwen", None, "<|endoftext|>", True),
        ("gpt-2", None, None, False),
        ("pythia", None, None, False),
    ],
)
def test_its_tokenizer_has_the_familys_form(
    name: str, beginning: str | None, padding: str | None, has_template: bool, tmp_path: Path
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_of_family(name, tmp_path / name))
    first = tokenizer.convert_ids_to_tokens(tokenizer("comets")["input_ids"])[0]
    assert (first if first == tokenizer.bos_token else None) == beginning
    assert tokenizer.pad_token == padding
    assert bool(tokenizer.chat_template) is has_template


def test_a_taught_model_of_a_family_has_a_chat_template(tmp_path: Path) -> None:
    folder = tiny_of_family("llama-3", tmp_path / "tiny", has_template=True)
    assert AutoTokenizer.from_pretrained(folder).chat_template


def test_heads_share_keys_as_in_the_large_model() -> None:
    config = shrunk(FAMILIES["llama-3"]())
    assert config.num_attention_heads / config.num_key_value_heads == 32 / 8
    assert (config.num_hidden_layers, config.head_dim) == (2, 32)


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """A folder with the files of a sentence-transformers encoder, and weights."""
    folder = tmp_path / "encoder"
    config = BertConfig(
        vocab_size=50, hidden_size=96, num_hidden_layers=3, num_attention_heads=3,
        intermediate_size=200, max_position_embeddings=77,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    (folder / "modules.json").write_text("[]")
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 96, "pooling_mode_cls_token": True}
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
    return folder


def test_a_model_at_hand_keeps_its_own_config(encoder: Path, tmp_path: Path) -> None:
    out = tiny_of_folder(encoder, tmp_path / "out")
    config = AutoConfig.from_pretrained(out)
    assert (config.num_hidden_layers, config.max_position_embeddings) == (2, 77)
    assert (config.vocab_size, config.architectures) == (50, ["BertModel"])
    assert (out / "modules.json").exists()
    with safe_open(out / "model.safetensors", "pt") as tensors:
        width = tensors.get_tensor("embeddings.word_embeddings.weight").shape[1]
    pooling: dict[str, Any] = json.loads((out / "1_Pooling/config.json").read_text())
    assert pooling == {"word_embedding_dimension": width, "pooling_mode_cls_token": True}


def test_the_hub_is_asked_for_all_but_the_weights(encoder: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in encoder.iterdir() if path.is_file()}
    code = "from pathlib import Path; from pipelines.models.tiny_models import own_files as own; "
    command = [sys.executable, "-c", f"{code} print(own('hf:org/name', Path('none')))"]
    with hub(files) as running:
        env = {**os.environ, "HF_ENDPOINT": running.url, "HF_HOME": str(tmp_path / "hub")}
        env |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        told = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    assert running.fetched == {"config.json", "modules.json"}
    assert (Path(told.strip()) / "config.json").exists()


def test_a_hub_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="hub"):
        own_files("hf:somebody/nothing", tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"config\.json"):
        own_files(str(tmp_path), tmp_path)
