"""The lock names one version of everything, no place to get it from, and is what is installed."""

from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.sources import ROOT


def requirements(name: str) -> list[Requirement]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


LOCKED = [
    each for name in ("local.txt", "local-nodeps.txt", "torch.txt") for each in requirements(name)
]


@pytest.mark.parametrize("locked", LOCKED, ids=lambda locked: locked.name)
def test_a_pin_is_exact_and_installed(locked: Requirement) -> None:
    (pin,) = locked.specifier
    assert pin.operator == "=="
    assert locked.url is None
    assert version(locked.name).partition("+")[0] == pin.version, "run `make setup`"


@pytest.mark.parametrize("asked", requirements("local.in"), ids=lambda asked: str(asked))
def test_what_is_asked_for_is_locked(asked: Requirement) -> None:
    locked = {canonicalize_name(each.name): each for each in LOCKED}
    (pin,) = locked[canonicalize_name(asked.name)].specifier
    assert asked.specifier.contains(pin.version), "compile the lock again (CONTRIBUTING.md)"
