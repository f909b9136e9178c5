"""The errors: few, of one family, each with its message."""

import pytest

from littlegiants.errors import BadInput, LittleGiantsError, OverBudget, Unavailable, Unparsable


@pytest.mark.parametrize("error", [BadInput, OverBudget, Unavailable, Unparsable])
def test_one_family(error: type[LittleGiantsError]) -> None:
    assert issubclass(error, LittleGiantsError)


def test_an_unparsable_output_carries_its_reason() -> None:
    error = Unparsable("no_json")
    assert error.reason == "no_json"
    assert str(error) == "the model's output is not a sample: no_json"
