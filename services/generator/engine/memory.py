"""Whether a model fits into its container's memory, which the kernel would only say by a kill."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from littlegiants.errors import BadInput
from littlegiants.tensors import Shapes

GIB = 2**30
PROCESSES_BYTES = int(1.5 * GIB)
"""At least, of the server and the engine's processes; 1.7 GiB were seen with a tiny model."""
LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where the kernel tells a container's limit: control groups of version 2, of version 1."""
BYTES: Mapping[str, int] = {"bfloat16": 2, "float16": 2, "float32": 4}
"""Of a number."""


def check_memory(
    shapes: Shapes, *, dtype: str, kv_cache_gib: float, limits: Sequence[Path] = LIMITS
) -> None:
    """Raise BadInput when weights of these shapes, served on the CPU, cannot fit into the limit."""
    limit = memory_limit(limits)
    numbers = sum(math.prod(shape) for shape in shapes.values())
    weights, cache = numbers * BYTES[dtype], int(kv_cache_gib * GIB)
    needed = weights + cache + PROCESSES_BYTES
    if limit is not None and limit < needed:
        raise BadInput(
            f"memory: the container may use {limit / GIB:.1f} GiB, the model needs "
            f"{needed / GIB:.1f} ({weights / GIB:.1f} for its weights, {cache / GIB:.1f} for keys "
            f"and values, {PROCESSES_BYTES / GIB:.1f} for the processes); raise "
            "resources.limits.memory, or lower --kv-cache-gib (server.kvCacheGib)"
        )


def memory_limit(limits: Sequence[Path] = LIMITS) -> int | None:
    """Bytes that this container may use, or None where nothing limits them."""
    for file in limits:
        try:
            told = file.read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(told) if told.isdigit() else None
    return None
