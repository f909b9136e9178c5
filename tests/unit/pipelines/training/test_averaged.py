"""The last checkpoints are averaged, those that are whole and of this run alone."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipelines.recipe.training_sections import FinetuneSettings
from pipelines.training.checkpoints import Seal, run_digest
from pipelines.training.rows import TrainingRun
from pipelines.training.runs import average_last

NAME = "adapter_model.safetensors"


def checkpoint(work: Path, step: int, *, run: str = "this") -> Path:
    """A sealed one, whose adapter is the step's number in bfloat16 and in float32."""
    folder = work / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    value = torch.full((2, 3), float(step))
    save_file({"a": value, "b": value.to(torch.bfloat16)}, folder / NAME)
    state: Any = SimpleNamespace(is_world_process_zero=True, global_step=step)
    arguments: Any = SimpleNamespace(output_dir=str(work))
    Seal(run).on_save(arguments, state, control=SimpleNamespace())
    return folder


def averaged(work: Path, count: int) -> dict[str, torch.Tensor]:
    """What becomes of the last step's adapter."""
    settings = FinetuneSettings(averaged_checkpoints=count)
    adapter = work / "adapter"
    adapter.mkdir()
    save_file(load_file(work / "checkpoint-50" / NAME), adapter / NAME)
    average_last(TrainingRun(work, work, work, settings, seed=0), "this", adapter)
    return load_file(adapter / NAME)


@pytest.mark.parametrize(("count", "mean"), [(1, 50), (2, 45), (3, 40), (9, 35)])
def test_as_many_of_the_last_as_are_asked_for_and_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int, mean: float
) -> None:
    for step in (20, 30, 40, 50):
        checkpoint(tmp_path, step)
    checkpoint(tmp_path, 60, run="another")
    found = averaged(tmp_path, count)
    assert {name: float(each.mean()) for name, each in found.items()} == {"a": mean, "b": mean}
    assert (found["a"].dtype, found["b"].dtype) == (torch.float32, torch.bfloat16)
    said = capsys.readouterr().out
    assert ("averaged: steps 40, 50" in said) == (count == 2)
    assert ("9 were asked for" in said) == (count == 9)


def test_a_torn_checkpoint_is_not_averaged(tmp_path: Path) -> None:
    for step in (30, 40, 50):
        checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-40" / NAME).write_bytes(b"torn")
    assert float(averaged(tmp_path, 2)["a"].mean()) == 40


def test_where_checkpoints_are_is_told_of_a_run_that_averages_them(tmp_path: Path) -> None:
    def told(**settings: int) -> str:
        run = TrainingRun(tmp_path, tmp_path, tmp_path, FinetuneSettings(**settings), seed=0)
        return run_digest("rows", run)

    assert told(checkpoint_steps=5) == told(checkpoint_steps=9)
    assert told(checkpoint_steps=5, averaged_checkpoints=2) != told(
        checkpoint_steps=9, averaged_checkpoints=2
    )
