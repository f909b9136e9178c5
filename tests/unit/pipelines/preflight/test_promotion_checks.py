"""Generators that serve adapters of one base are not promoted to anything else."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.preflight.findings import Finding, Note, Problem
from pipelines.preflight.promotion_checks import (
    generators_adapt_the_model,
    generators_take_the_weights,
)
from tests.unit.pipelines.preflight.conftest import Starting
from tests.unit.text_tensors import save_text

ADDRESSES = "junior=a:1,senior=a:2,revisor=a:3"
ADAPTER = "weights.form=adapter"


@pytest.mark.parametrize(
    ("generators", "changes", "fields"),
    [
        ("local", [], []),
        ("dns:///{role}:50051", [], []),
        (ADDRESSES, [], []),
        (f"{ADDRESSES},base=/store/base", [ADAPTER], []),
        (f"{ADDRESSES},base=hf://org/Base@abc", [ADAPTER, "models.generator=hf:org/base"], []),
        (f"{ADDRESSES},base=/store/base", [], ["weights.form"]),
        (
            f"{ADDRESSES},base=hf://org/base",
            [ADAPTER, "models.generator=hf:org/other"],
            ["models.generator"],
        ),
    ],
)
def test_what_they_would_refuse_is_said_before_it_is_paid(
    generators: str, changes: list[str], fields: list[str], starting: Starting
) -> None:
    found = list(generators_take_the_weights(starting(*changes, generators=generators)))
    assert all(isinstance(each, Problem) for each in found)
    assert [each.message.partition(":")[0] for each in found] == fields


def model(folder: Path, text: str) -> Path:
    """A folder with one tensor, whose bytes are the text's."""
    folder.mkdir()
    save_text(folder / "model.safetensors", text)
    return folder


def compared(starting: Starting, base: object, wanted: object, **more: Any) -> list[Finding]:
    """What is found of generators with this base when the recipe trains that model."""
    changes = [ADAPTER, f"models.generator={wanted}"]
    start = starting(*changes, generators=f"{ADDRESSES},base={base}", more=more)
    return list(generators_adapt_the_model(start))


def test_folders_of_one_machine_are_compared_byte_for_byte(
    starting: Starting, tmp_path: Path
) -> None:
    wanted = model(tmp_path / "wanted", "weights")
    assert compared(starting, wanted, wanted) == []
    assert compared(starting, model(tmp_path / "copy", "weights"), wanted) == []
    for name, text in (("tuned", "Weights"), ("larger", "more weights")):
        (found,) = compared(starting, model(tmp_path / name, text), wanted)
        assert isinstance(found, Problem)
        assert found.message.startswith("models.generator: is ")
        assert str(tmp_path / name) in found.message


@pytest.mark.parametrize("base", ["hf://org/base", "s3://bucket/base", "/nowhere/base"])
def test_what_cannot_be_compared_is_said(base: str, starting: Starting, tmp_path: Path) -> None:
    (found,) = compared(starting, base, model(tmp_path / "wanted", "weights"))
    assert isinstance(found, Note)
    assert base in found.message


def test_folders_of_this_machine_say_nothing_of_anothers(
    starting: Starting, tmp_path: Path
) -> None:
    here = model(tmp_path / "one", "weights"), model(tmp_path / "two", "others")
    (found,) = compared(starting, *here, is_elsewhere=True)
    assert isinstance(found, Note)
