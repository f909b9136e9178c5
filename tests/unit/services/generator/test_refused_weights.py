"""What a generator refused is not tried again; other weights are, whatever their version says."""

from datetime import UTC, datetime

import pytest

from littlegiants.errors import BadInput
from littlegiants.weights_pointer import Pointer
from services.generator.weights.refusals import Refusals


def pointer(digest: str, version: int) -> Pointer:
    """A pointer to weights of that digest."""
    return Pointer(role="senior", digest=digest * 32, version=version, created=datetime.now(UTC))


@pytest.fixture
def refusals() -> Refusals:
    """Those of a generator that has refused version 3."""
    found = Refusals()
    with pytest.raises(BadInput), found.noted(pointer("a", 3)):
        raise BadInput("broken")
    return found


def test_the_same_weights_at_the_same_version_are_refused_again(refusals: Refusals) -> None:
    with pytest.raises(BadInput, match="broken"):
        refusals.check(pointer("a", 3))


@pytest.mark.parametrize("other", [pointer("b", 3), pointer("a", 4)], ids=["digest", "version"])
def test_other_weights_or_another_version_are_tried(refusals: Refusals, other: Pointer) -> None:
    refusals.check(other)
