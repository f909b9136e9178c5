"""A real engine refuses weights that it cannot serve, and answers as before."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from littlegiants.client import AdminClient, GeneratorClient
from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.tasks import Task, draw_prompt
from tests.integration.generator_process import (
    Server,
    await_serving,
    generator,
    point_to,
    put_weights,
)
from tests.integration.tiny_model import make_tiny_model
from tests.integration.tiny_weights import make_other_weights

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROMPT = draw_prompt(Task(Kind.STS, "Home/Gardening", "Match a chore to a tool."), seed=1)
TENSORS = "model.safetensors"
Following = tuple[Server, Path, Path]
"""A server, the channel that it follows, and the model that it began with."""


@pytest.fixture(scope="module")
def following(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Following]:
    """A junior of the tiny model."""
    folder = tmp_path_factory.mktemp("bad")
    model = make_tiny_model(smollm2, folder / "model")
    point_to(folder / "weights", "junior", put_weights(folder / "weights", "junior", model))
    with generator("junior", ("--weights", str(folder / "weights")), folder / "log") as server:
        asyncio.run(await_serving(server))
        yield server, folder / "weights", model


async def text_of(server: Server) -> str:
    """The likeliest answer."""
    async with GeneratorClient(server.address) as client:
        (answer,) = await client.generate(PROMPT, temperature=0.0, max_tokens=24)
    return answer.text


def not_a_number(model: Path) -> None:
    tensors = load_file(model / TENSORS)
    tensors["model.norm.weight"] = torch.full_like(tensors["model.norm.weight"], float("nan"))
    save_file(tensors, model / TENSORS, metadata={"format": "pt"})


def narrower(model: Path) -> None:
    tensors = load_file(model / TENSORS)
    halves = {name: tensor[: len(tensor) // 2].clone() for name, tensor in tensors.items()}
    save_file(halves, model / TENSORS, metadata={"format": "pt"})


def lacking(model: Path) -> None:
    tensors = load_file(model / TENSORS)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, model / TENSORS, metadata={"format": "pt"})


def cut(model: Path) -> None:
    content = (model / TENSORS).read_bytes()
    (model / TENSORS).write_bytes(content[: len(content) // 2])


def no_tensors(model: Path) -> None:
    (model / TENSORS).write_text("version https://git-lfs.github.com/spec/v1")


def other_config(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    config["rms_norm_eps"] = 0.5
    (model / "config.json").write_text(json.dumps(config))


def other_tokenizer(model: Path) -> None:
    text = (model / "chat_template.jinja").read_text()
    (model / "chat_template.jinja").write_text("Now: " + text)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (not_a_number, "log-probabilities are .*nan"),
        (narrower, "tensors: .* is .* the model served has"),
        (lacking, "tensors: model.layers.1.mlp.up_proj.weight is None"),
        (cut, "cannot be loaded"),
        (no_tensors, r"model\.safetensors: is no safetensors file"),
        (other_config, r"config\.json: rms_norm_eps is 0\.5"),
        (other_tokenizer, "tokenizer: chat_template is"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_refuses_a_model_that_is(
    following: Following, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    server, channel, model = following
    before = await text_of(server)
    other = await asyncio.to_thread(make_other_weights, model, tmp_path / "other", seed=2)
    await asyncio.to_thread(spoil, other)
    point_to(channel, "junior", await asyncio.to_thread(put_weights, channel, "junior", other))
    async with AdminClient(server.admin_address) as admin:
        with pytest.raises(BadInput, match=message):
            await admin.reload()
    assert await text_of(server) == before
