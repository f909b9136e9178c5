"""The GPUs of a machine, counted without loading torch, and how many of them a training uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from littlegiants.errors import BadInput

DEVICES = Path("/dev")
VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Devices:
    """What a training may be spread over."""

    of_a_node: int = 1
    nodes: int = 1

    @property
    def count(self) -> int:
        """On all nodes."""
        return self.of_a_node * self.nodes

    def used_of_a_node(self, batch_size: int) -> int:
        """Most devices of each node that get equal parts of a batch; 0 where no count does."""
        counts = range(self.of_a_node, 0, -1)
        return next((count for count in counts if batch_size % (count * self.nodes) == 0), 0)

    def used(self, batch_size: int) -> int:
        """On all nodes."""
        return self.used_of_a_node(batch_size) * self.nodes

    def idle(self, batch_size: int) -> str:
        """What is said where some get no part of a batch."""
        used, count = self.used(batch_size), self.count
        if used == count:
            return ""
        return f"{used} of {count} devices: {batch_size} rows have equal parts for no more of them"

    def check(self, field: str, batch_size: int) -> None:
        """Raises BadInput when a batch cannot be dealt to the nodes, however few devices they use.

        `field` names the recipe's section.
        """
        if not self.used(batch_size):
            raise BadInput(
                f"{field}.batch_size: {batch_size} cannot be dealt to {self.nodes} nodes; choose a "
                f"multiple of {self.nodes}, or training.nodes in the placement that divides it"
            )


ONE_DEVICE = Devices()


def visible_devices(
    folder: Path = DEVICES, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """This machine's NVIDIA GPUs, as CUDA_VISIBLE_DEVICES names them; CUDA stops at a wrong one."""
    files = folder.glob("nvidia[0-9]*")
    there = sum(file.name.removeprefix("nvidia").isdigit() for file in files)
    if (said := environ.get(VISIBLE)) is None:
        return tuple(map(str, range(there)))
    found: list[str] = []
    for name in map(str.strip, said.split(",") if there else ()):
        is_there = int(name) < there if name.isdigit() else name.startswith(("GPU-", "MIG-"))
        if not is_there or name in found:
            break
        found.append(name)
    return tuple(found)


def leave_one_device(
    folder: Path = DEVICES, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Variables for a training in one process: with more devices, a model would be split over them.

    trl 1.16 loads a model with `device_map="auto"`, and transformers 5.19 wraps it in DataParallel.
    """
    found = visible_devices(folder, environ)
    return {VISIBLE: found[0]} if len(found) > 1 else {}
