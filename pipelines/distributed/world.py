"""The world of a distributed training: how many processes it has, and which of them this one is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.distributed.devices import Devices, visible_devices

MODULE = ("-m", "--")
"""Ends torchrun's own flags: it would take a step's --run for an abbreviation of one."""


class Spread(BaseSettings):
    """Over what a training is spread; the graph tells its tasks so in the environment."""

    model_config = SettingsConfigDict(
        frozen=True, env_prefix="LITTLEGIANTS_TRAINING_", use_attribute_docstrings=True
    )

    devices: PositiveInt | Literal["auto"] = "auto"
    """Most processes of one node; `auto`: its visible GPUs."""
    nodes: PositiveInt = 1
    """More than one: a TrainJob."""
    runtime: str = "littlegiants-trainer"
    """TrainingRuntime of the TrainJob."""
    image: str = ""
    """Image of the TrainJob; empty: the runtime's."""
    namespace: str = ""
    """Namespace of the TrainJob; empty: this pod's."""
    pod_name: str = ""
    """This pod: the TrainJob goes when it goes."""
    pod_uid: str = ""
    """Its uid."""
    run_id: str = ""
    """Kubeflow's run, by which `python -m pipelines stop` finds the TrainJob."""
    labels: dict[str, str] = Field({})
    """Labels of the TrainJob, as kueue.x-k8s.io/queue-name."""
    poll_s: float = 10.0
    """Seconds between looks at the TrainJob."""

    def over(self) -> Devices:
        """The devices that a training may be spread over."""
        found = self.devices if self.devices != "auto" else len(visible_devices())
        return Devices(max(found, 1), self.nodes)


def is_first() -> bool:
    """Whether this process writes the result: the only one, or the first of many."""
    return os.environ.get("RANK", "0") == "0"


def is_part() -> bool:
    """Whether this process is one of those that train together."""
    return "WORLD_SIZE" in os.environ


@contextmanager
def first_on_node(mark: Path) -> Iterator[bool]:
    """Whether this process does what its node needs once; the node's others wait until it is done.

    `mark` is a file that names the training in which it was done last.
    """
    training = os.environ.get("TORCHELASTIC_RUN_ID")
    if training is None:
        yield True
        return
    with FileLock(f"{mark}.lock"):
        is_ours = not mark.exists() or mark.read_text(encoding="utf-8") != training
        yield is_ours
        mark.write_text(training, encoding="utf-8")


def world_size() -> int:
    """Processes of this run, as torchrun sets it."""
    return int(os.environ.get("WORLD_SIZE", "1"))
