"""The three roles: what a server of each offers, and where it listens when they share a process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """What a server of this role offers, and which templates its prompts are made from."""

    service: str
    templates: str


WRITER = Role("littlegiants.v1.GeneratorService", "synthesize_*")
REVISOR = Role("littlegiants.v1.RevisorService", "revise")
ROLES: Mapping[str, Role] = {"junior": WRITER, "senior": WRITER, "revisor": REVISOR}
NAMES = "|".join(ROLES)
"""Of a regular expression."""
PORTS = ("port", "admin_port", "metrics_port")
"""Each role of a process has its own."""
PORT_STEP = 10
"""From the ports of one role to those of the next."""


def ports_of(first: Sequence[int], place: int) -> dict[str, int]:
    """Of the role at `place`, from 0, when `first` are the first one's; what is 0 stays 0."""
    found = [port and port + place * PORT_STEP for port in first]
    return dict(zip(PORTS, found, strict=True))
