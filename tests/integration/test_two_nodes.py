"""A TrainJob on two nodes, which share the run, trains the model that one process trains."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from upath import UPath

from littlegiants.kinds import Kind
from pipelines.data.examples import read_examples
from pipelines.data.records import Row, Seed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from tests.integration.tiny_model import make_tiny_model
from tests.unit.pipelines.trainer_server import ended, trainer_server

pytestmark = [pytest.mark.training, pytest.mark.slow, pytest.mark.timeout(900)]

LEARNING_RATE = 1e-3
SETTINGS: dict[str, Any] = {
    "batch_size": 4,
    "epochs": 1,
    "max_length": 512,
    "learning_rate": LEARNING_RATE,
    "dtype": "float32",
    "lora.dropout": 0,  # each process draws its own
}
STEPS = {"finetune": ("junior", ["--role", "junior"]), "embed": ("embedder", [])}
"""Each step with its section of the recipe and its flags."""
MORE = {
    "finetune": {},
    "embed": {"label_negatives": "batch", "guide": "shipped:all-minilm-l6-v2"},
}
"""Settings of a step alone."""


@pytest.fixture(scope="module")
def folder(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model, and two runs with the same rows."""
    folder = tmp_path_factory.mktemp("nodes")
    make_tiny_model(smollm2, folder / "tiny")
    for name in ("one", "two"):
        run = Run(UPath(folder / name), load_recipe("laptop"))
        run.write("seeds", read_examples(Seed, ("examples/seeds.jsonl",))[:8])
        run.write("dataset", [*map(row, range(8)), *map(labelled, range(12))])
    return folder


def row(n: int) -> Row:
    texts = (f"number {n}", f"it is {n * 7}", f"it is {n * 11}")
    return Row(str(n), Kind.RETRIEVAL, "Find it.", *texts, "English", False, {}, {})


def labelled(n: int) -> Row:
    """Of a few labels, which repeat in every batch."""
    texts = (f"they wrote {n * 5} letters", f"label {n % 3}", f"label {(n + 1) % 4}")
    return Row(str(n), Kind.CLASSIFICATION, "Label it.", *texts, "English", False, {}, {})


def command(folder: Path, run: str, step: str) -> list[str]:
    section, flags = STEPS[step]
    changes = {f"{section}.{name}": value for name, value in {**SETTINGS, **MORE[step]}.items()}
    changes |= {f"models.{name}": folder / "tiny" for name in ("generator", "embedder")}
    sets = [part for name, value in changes.items() for part in ("--set", f"{name}={value}")]
    program = [sys.executable, "-m", f"pipelines.steps.{step}"]
    return [*program, "--run", str(folder / run), *flags, *sets]


@contextmanager
def process(command: list[str], **environment: object) -> Iterator[subprocess.Popen[str]]:
    told = {name: str(value) for name, value in environment.items()}
    with subprocess.Popen(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1", **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.terminate()


def as_the_trainer_starts_it(
    job: dict[str, Any],
) -> Iterator[AbstractContextManager[subprocess.Popen[str]]]:
    """A process for each node of a TrainJob, with what Kubeflow Trainer's torch plugin tells it."""
    trainer, port = job["spec"]["trainer"], free_port()
    assert trainer["command"][0] == "python"
    for rank in range(trainer["numNodes"]):
        yield process(
            [sys.executable, *trainer["command"][1:], *trainer["args"]],
            PET_NNODES=trainer["numNodes"],
            PET_NPROC_PER_NODE=trainer["numProcPerNode"],
            PET_NODE_RANK=rank,
            PET_MASTER_ADDR="127.0.0.1",
            PET_MASTER_PORT=port,
        )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("step", STEPS)
def test_two_nodes_train_the_model_of_one_process(folder: Path, step: str) -> None:
    with process(command(folder, "one", step), LITTLEGIANTS_TRAINING_DEVICES=1) as alone:
        assert alone.wait(400) == 0, alone.communicate()[0][-5000:]
    told = on_two_nodes(folder, step)
    assert "on 2 nodes" in told
    name = STEPS[step][0]
    ours, theirs = (adapter(folder / run, name) for run in ("two", "one"))
    assert ours.keys() == theirs.keys()
    moved = 0.0
    for key, value in theirs.items():
        # a step of Adam moves a weight by up to the learning rate; that of a hundredth is no noise
        torch.testing.assert_close(ours[key], value, rtol=0, atol=LEARNING_RATE / 100)
        moved = max(moved, float(value.abs().max()) if "lora_B" in key else 0.0)
    assert moved > LEARNING_RATE / 2
    assert (folder / "two/models" / name / "model.safetensors").exists()


def on_two_nodes(folder: Path, step: str) -> str:
    """What the step's own pod says, whose TrainJob is run here."""
    told = {"NODES": 2, "DEVICES": 1, "NAMESPACE": "team", "POLL_S": 0.2}
    environment = {f"LITTLEGIANTS_TRAINING_{name}": value for name, value in told.items()}
    with trainer_server(folder) as cluster, ExitStack() as nodes:
        cluster.ends = ""
        pod = command(folder, "two", step)
        with process(pod, KUBECONFIG=cluster.kubeconfig, **environment) as started:
            while not cluster.created and started.poll() is None:
                time.sleep(0.2)
            assert cluster.created, started.communicate()[0]
            [job] = cluster.created
            running = [nodes.enter_context(each) for each in as_the_trainer_starts_it(job)]
            outputs = [node.communicate(timeout=400)[0] for node in running]
            codes = [node.returncode for node in running]
            job["status"] = ended("Failed" if any(codes) else "Complete")
            said = started.communicate(timeout=100)[0]
            assert started.returncode == 0, "\n".join([said, *(each[-3000:] for each in outputs)])
            return said


def adapter(run: Path, name: str) -> dict[str, torch.Tensor]:
    return load_file(run / "work/training" / name / "adapter/adapter_model.safetensors")
