"""A training over several processes is the training of one: same batches, same losses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.many_processes import main
from tests.integration.tiny_model import make_tiny_model

pytestmark = pytest.mark.training
KINDS = ("sft", "dpo", "embed")


@pytest.fixture(scope="module")
def folder(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model, and what one process makes of it."""
    folder = tmp_path_factory.mktemp("many")
    make_tiny_model(smollm2, folder / "tiny")
    main(folder, "one", 0, [*KINDS])
    return folder


def trained(folder: Path, work: str, processes: int, *kinds: str, kill_at: int = 0) -> int:
    """Exit code of a training in so many processes."""
    launch = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    program = ["-m", "tests.integration.many_processes", str(folder), work, str(kill_at), *kinds]
    command = [sys.executable, "-m", *launch, *program]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, check=False, timeout=500).returncode


def losses(folder: Path, work: str) -> list[float]:
    return [step["loss"] for step in json.loads((folder / f"{work}.json").read_text())]


def test_two_processes_have_the_losses_of_one(folder: Path) -> None:
    assert trained(folder, "two", 2, *KINDS) == 0
    for kind in KINDS:
        expected = pytest.approx(losses(folder, f"one-{kind}"), rel=1e-3)
        assert losses(folder, f"two-{kind}") == expected, kind


@pytest.mark.slow
def test_four_processes_have_the_losses_of_one(folder: Path) -> None:
    assert trained(folder, "four", 4, *KINDS) == 0
    for kind in KINDS:
        expected = pytest.approx(losses(folder, f"one-{kind}"), rel=1e-3)
        assert losses(folder, f"four-{kind}") == expected, kind


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_process_is_followed_by_a_training_that_ends_as_if_it_had_lived(
    folder: Path, kind: str
) -> None:
    assert trained(folder, "killed", 2, kind, kill_at=3) != 0
    assert (folder / f"killed-{kind}" / "checkpoint-2").exists()
    assert trained(folder, "killed", 2, kind) == 0
    expected = pytest.approx(losses(folder, f"one-{kind}"), rel=1e-3)
    assert losses(folder, f"killed-{kind}") == expected
