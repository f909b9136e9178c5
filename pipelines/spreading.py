"""One training in many processes: torchrun in this pod, or a TrainJob over several nodes.

Each process runs the same step with the same flags; the first of them writes the result.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from littlegiants.errors import Unavailable
from littlegiants.heartbeat import heard
from pipelines.progress import say

FLAGS = ("recipe", "run", "set", "role", "work")
"""Flags of a step that decide what it trains on."""
MODULE = ("-m", "--")
"""Ends torchrun's own flags: it would take a step's --run for an abbreviation of one."""


class Spread(BaseSettings):
    """Over what a training is spread; the graph tells its tasks so in the environment."""

    model_config = SettingsConfigDict(
        frozen=True, env_prefix="LITTLEGIANTS_TRAINING_", use_attribute_docstrings=True
    )

    devices: PositiveInt = 1
    """Processes of one node."""
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
    poll_s: float = 10.0
    """Seconds between looks at the TrainJob."""


def is_first() -> bool:
    """Whether this process writes the result: the only one, or the first of many."""
    return os.environ.get("RANK", "0") == "0"


def is_spread() -> bool:
    """Whether a training is to be started in other processes, rather than done in this one."""
    spread = Spread()
    return not is_part() and (spread.devices, spread.nodes) != (1, 1)


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


def launch(module: str, settings: Any, *, name: str, key: str) -> None:
    """Run a training step in many processes; returns when all have ended well.

    Raises Unavailable when one has not; started again, the training goes on from its checkpoint.
    """
    spread, flags = Spread(), flags_of(settings)
    if spread.nodes > 1:
        from pipelines.trainjob import run_trainjob

        run_trainjob(spread, [module, *flags], name=name, key=key)
        return
    say(name, f"torchrun starts {spread.devices} processes")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(spread.devices), *MODULE, module, *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
                heard()
            code = process.wait()
        finally:
            process.terminate()
    if code:
        raise Unavailable(f"{name}: torchrun ended with {code}, see above; start it again")


def flags_of(settings: Any) -> Sequence[str]:
    """The flags that give these settings again."""
    told = settings.model_dump(include=set(FLAGS))
    flags = []
    for name, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            flags += [f"--{name}", str(each)] if each else []
    return flags
