"""All processes of a training go on from one checkpoint, or none of them does."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch.distributed as distributed

from littlegiants.errors import BadInput
from pipelines.training.checkpoints import Seal, newest_sealed
from pipelines.training.runs import agreed_checkpoint

RUN = "digest"


def in_processes(folder: Path, count: int, told: Callable[[int], str]) -> list[str]:
    """What `told` gives in each of so many processes that train together."""
    children = []
    for rank in range(count):
        if child := os.fork():
            children.append(child)
            continue
        os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(count)}
        where = f"file://{folder}/rendezvous"
        distributed.init_process_group("gloo", where, rank=rank, world_size=count)
        try:
            (folder / f"said-{rank}").write_text(told(rank))
        finally:
            os._exit(0)
    for child in children:
        os.waitpid(child, 0)
    return [(folder / f"said-{rank}").read_text() for rank in range(count)]


def saved(work: Path, step: int, rank: int = 0) -> None:
    """A checkpoint is saved, with a file of this process's own."""
    folder = work / f"checkpoint-{step}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"rng_state_{rank}.pth").write_text("random")
    state: Any = SimpleNamespace(global_step=step, is_world_process_zero=rank == 0)
    arguments: Any = SimpleNamespace(output_dir=str(work))
    Seal(RUN).on_save(arguments, state, state)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(2, 4), (2, 4)], "checkpoint-4"),
        ([(2,), (2, 4)], "checkpoint-2"),
        ([(), (2,)], "none"),
        ([(2, 4), (2,)], "checkpoint-4 is not whole for process 1; give all nodes one --work"),
    ],
    ids=["the newest", "the first process's", "from the beginning", "one lacks it"],
)
def test_processes_agree(tmp_path: Path, steps: list[tuple[int, ...]], expected: str) -> None:
    for rank, each in enumerate(steps):
        for step in each:
            saved(tmp_path / f"node-{rank}", step)

    def told(rank: int) -> str:
        try:
            found = agreed_checkpoint(tmp_path / f"node-{rank}", RUN)
        except BadInput as error:
            return str(error)
        return found.name if found else "none"

    for said in in_processes(tmp_path, len(steps), told):
        assert said.endswith(expected)


def test_a_checkpoint_is_sealed_with_the_files_of_a_slow_process(tmp_path: Path) -> None:
    def told(rank: int) -> str:
        time.sleep(0.3 * rank)
        saved(tmp_path / "work", 2, rank)
        return "saved"

    in_processes(tmp_path, 2, told)
    assert newest_sealed(tmp_path / "work", RUN) == tmp_path / "work/checkpoint-2"
