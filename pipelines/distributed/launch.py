"""Launches one training in many processes: torchrun in this pod, or a TrainJob over several nodes.

Each process runs the same step with the same flags; the first of them writes the result.
"""

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from littlegiants.errors import Unavailable
from littlegiants.heartbeat import heard
from pipelines.distributed.world import MODULE, Spread
from pipelines.step_progress import say

FLAGS = ("recipe", "run", "set", "role", "work")
"""Flags of a step that decide what it trains on."""


def launch(module: str, settings: Any, *, name: str, key: str) -> None:
    """Run a training step in many processes; returns when all have ended well.

    Raises Unavailable when one has not; started again, the training goes on from its checkpoint.
    """
    spread, flags = Spread(), flags_of(settings)
    if spread.nodes > 1:
        from pipelines.distributed.trainjob import run_trainjob

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
