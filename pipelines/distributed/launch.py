"""Launches one training in many processes: torchrun in this pod, or a TrainJob over several nodes.

Each process runs the same step with the same flags; the first of them writes the result.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from littlegiants.errors import Unavailable
from littlegiants.heartbeat import heard
from pipelines.distributed.devices import ONE_DEVICE, Devices, leave_one_device
from pipelines.distributed.world import MODULE, Spread
from pipelines.step_progress import say

FLAGS = ("recipe", "run", "set", "role", "work")
"""Flags of a step that decide what it trains on."""


def processes_for(name: str, section: str, batch_size: int) -> Devices | None:
    """The processes that a training is to be started in; None where this one does it alone.

    What it uses is told; alone, it sees one device. Raises BadInput as `Devices.check`.
    """
    spread = Spread()
    devices = spread.over()
    devices.check(section, batch_size)
    used = Devices(devices.used_of_a_node(batch_size), devices.nodes)
    if devices != ONE_DEVICE:
        told = devices.idle(batch_size) or f"all {devices.used(batch_size)} devices"
        origin = "visible here" if spread.devices == "auto" else "as it was told"
        say(name, f"trains on {told} ({origin})")
    if used != ONE_DEVICE:
        return used
    os.environ.update(leave_one_device())
    return None


def launch(module: str, settings: Any, processes: Devices, *, name: str, key: str) -> None:
    """Run a training step in many processes; returns when all have ended well.

    Raises Unavailable when one has not; started again, the training goes on from its checkpoint.
    """
    flags = flags_of(settings)
    if processes.nodes > 1:
        from pipelines.distributed.trainjob import run_trainjob

        spread = Spread(devices=processes.of_a_node)
        run_trainjob(spread, [module, *flags], name=name, key=key)
        return
    say(name, f"torchrun starts {processes.of_a_node} processes")
    command = torchrun(processes.of_a_node, [module, *flags])
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


def torchrun(count: int, arguments: Sequence[str]) -> list[str]:
    """The command that runs a module with its flags in `count` processes of this machine."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return [*command, "--nproc-per-node", str(count), *MODULE, *arguments]


def flags_of(settings: Any) -> Sequence[str]:
    """The flags that give these settings again."""
    told = settings.model_dump(include=set(FLAGS))
    flags = []
    for name, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            flags += [f"--{name}", str(each)] if each else []
    return flags
