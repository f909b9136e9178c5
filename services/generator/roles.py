"""The three roles: what a server of each offers, and which of them one process serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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


class ServedRoles(BaseSettings):
    """Which role a process serves, or which roles."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    role: str = Field("", pattern=f"^({NAMES})?$")
    """junior, senior or revisor."""
    roles: str = Field("", pattern=f"^(({NAMES})(,({NAMES}))*)?$")
    """Several in place of one, as junior,senior,revisor: adapters of one base in one engine, which
    a role serves until its first promotion. The first has the ports that the flags say, each
    other one those ten above the one before."""

    @property
    def role_names(self) -> tuple[str, ...]:
        """Of the roles that this process serves."""
        return tuple((self.roles or self.role).split(","))

    @property
    def ports(self) -> tuple[int, ...]:
        """Of the service, the admin service and the metrics."""
        return tuple(getattr(self, name) for name in PORTS)

    def each(self) -> tuple[Self, ...]:
        """The settings of each role, as if it were the only one."""
        return tuple(
            self.model_copy(update={"role": name, **ports_of(self.ports, place)})
            for place, name in enumerate(self.role_names)
        )
