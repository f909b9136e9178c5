"""What a stage takes while it runs: seconds, the most memory of all its processes, GPUs."""

import contextlib
import os
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil
from pydantic import NonNegativeFloat, NonNegativeInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.distributed.world import is_first, is_part

SAMPLE_INTERVAL_S = 1.0
GPU_INTERVAL_S = 5.0
GPU_QUERY_LIMIT_S = 10.0
GPU_QUERY = ("nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits")


class HeldGpus(BaseSettings):
    """GPUs that a stage holds while it runs; a placement tells its pods so in the environment."""

    model_config = SettingsConfigDict(
        frozen=True, env_prefix="LITTLEGIANTS_GPUS_", use_attribute_docstrings=True
    )

    pod: NonNegativeInt | None = None
    """Of the stage's own pods; unset: those that nvidia-smi sees, on each node."""
    served: NonNegativeFloat = 0
    """Of the generators that it asks."""


@dataclass(slots=True)
class ResourceUsage:
    """Seconds, bytes, and GPUs held; memory of a GPU is the most that one of them had in use."""

    seconds: float = 0
    peak_memory_bytes: int = 0
    peak_gpu_memory_bytes: int | None = None
    gpus: int = 0
    served_gpus: float = 0

    def record(self) -> dict[str, Any]:
        """As a stage's record has it."""
        return {
            "seconds": round(self.seconds, 1),
            "peak_memory_bytes": self.peak_memory_bytes,
            "peak_gpu_memory_bytes": self.peak_gpu_memory_bytes,
            "gpus": self.gpus,
            "served_gpus": self.served_gpus,
            "gpu_hours": gpu_hours(self.seconds, self.gpus + self.served_gpus),
        }


def gpu_hours(seconds: float, gpus: float) -> float:
    """GPUs held for so long."""
    return round(gpus * seconds / 3600, 6)


@contextlib.contextmanager
def usage_watched() -> Iterator[ResourceUsage]:
    """Fills in what is taken within, looking once a second; shared memory counts once (PSS).

    Of a larger training the first process watches all of its node, the others nothing.
    """
    if not is_first():
        yield ResourceUsage()
        return
    with _watched() as used:
        yield used


@contextlib.contextmanager
def _watched() -> Iterator[ResourceUsage]:
    held, began, ended = HeldGpus(), time.monotonic(), threading.Event()
    used = ResourceUsage(served_gpus=held.served)
    root = psutil.Process()
    root = (root.parent() or root) if is_part() else root

    def watch() -> None:
        next_gpus = began
        while True:
            used.peak_memory_bytes = max(used.peak_memory_bytes, memory_of_tree(root))
            if time.monotonic() >= next_gpus:
                _look_at_gpus(used, held)
                next_gpus = time.monotonic() + GPU_INTERVAL_S
            if ended.wait(SAMPLE_INTERVAL_S):
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield used
    finally:
        ended.set()
        watcher.join()
        used.seconds = time.monotonic() - began
        used.peak_memory_bytes = max(used.peak_memory_bytes, own_peak())


def _look_at_gpus(used: ResourceUsage, held: HeldGpus) -> None:
    devices = gpu_memory()
    if devices:
        used.peak_gpu_memory_bytes = max(used.peak_gpu_memory_bytes or 0, *devices)
    seen = len(devices) * _nodes() if held.pod is None else held.pod
    used.gpus = max(used.gpus, seen)


def memory_of_tree(root: psutil.Process) -> int:
    """Bytes that a process and all its descendants take; shared pages count once (PSS)."""
    total = 0
    with contextlib.suppress(psutil.Error):
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total


def own_peak() -> int:
    """The most bytes that this process, or one of its children, had at any moment (RSS)."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) * 1024


def gpu_memory() -> list[int]:
    """Bytes in use on each GPU; nothing where there is none, or none that nvidia-smi sees."""
    if not shutil.which(GPU_QUERY[0]):
        return []
    with contextlib.suppress(subprocess.SubprocessError, OSError, ValueError):
        done = subprocess.run(
            GPU_QUERY, capture_output=True, text=True, timeout=GPU_QUERY_LIMIT_S, check=True
        )
        return [int(line) * 2**20 for line in done.stdout.split()]
    return []


def _nodes() -> int:
    """Nodes of this training, as torchrun sets it."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, int(os.environ.get("WORLD_SIZE", "1")) // here)
