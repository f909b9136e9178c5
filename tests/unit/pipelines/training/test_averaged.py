"""The last checkpoints are averaged, those that are whole and of this run alone."""

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from pipelines.recipe.training_sections import FinetuneSettings
from pipelines.training.averaged import FILE, average_last
from pipelines.training.checkpoints import Seal, run_digest
from pipelines.training.rows import TrainingRun

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


class Trained:
    """A trainer whose model is one number, 50 after the last step; its loss is nought at `best`."""

    def __init__(self, best: float) -> None:
        self.model = nn.Linear(1, 1)
        nn.init.constant_(self.model.weight, 50)
        self.accelerator = SimpleNamespace(reduce=lambda loss, reduction: loss)
        self._best = best

    def get_train_dataloader(self) -> list[dict[str, float]]:
        return [{"best": self._best}] * 3

    def compute_loss_context_manager(self) -> AbstractContextManager[None]:
        return nullcontext()

    def compute_loss(self, model: nn.Linear, batch: dict[str, float]) -> torch.Tensor:
        return (model.weight - batch["best"]).abs().mean()

    def is_world_process_zero(self) -> bool:
        return True

    def _load_from_checkpoint(self, folder: str) -> None:
        nn.init.constant_(self.model.weight, float(load_file(Path(folder) / NAME)["a"].mean()))


def averaged(work: Path, count: int, best: float = 50) -> dict[str, torch.Tensor]:
    """What becomes of the last step's adapter."""
    settings = FinetuneSettings(averaged_checkpoints=count)
    adapter, trainer = work / "adapter", Trained(best)
    adapter.mkdir()
    save_file(load_file(work / "checkpoint-50" / NAME), adapter / NAME)
    run = TrainingRun(work, work, work, settings, seed=0)
    average_last(trainer, run, "this", adapter)
    return load_file(adapter / NAME)


@pytest.mark.parametrize(("count", "mean"), [(2, 45), (3, 40), (9, 35)])
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
    assert ("9 checkpoints were to be" in said) == (count == 9)


@pytest.mark.parametrize(("best", "loss", "last"), [(45, 0, 5), (50, 5, 0)])
def test_the_average_s_loss_stands_beside_the_last_step_s_with_a_warning_where_it_is_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], best: float, loss: float, last: float
) -> None:
    for step in (40, 50):
        checkpoint(tmp_path, step)
    averaged(tmp_path, 2, best)
    kept = json.loads((tmp_path / FILE).read_text())
    assert kept == {"steps": [40, 50], "loss": loss, "last_step_loss": last, "batches": 3}
    said = capsys.readouterr().out
    assert f"loss {loss:.4f}, the last step's {last:.4f} (3 batches" in said
    assert ("warning: the average" in said) == (loss > last)


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
