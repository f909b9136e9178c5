"""Generators that serve adapters of one base are not promoted to anything else."""

import pytest

from pipelines.preflight.findings import Problem
from pipelines.preflight.promotion_checks import generators_take_the_weights
from tests.unit.pipelines.preflight.conftest import Starting

ADDRESSES = "junior=a:1,senior=a:2,revisor=a:3"
ADAPTER = "weights.form=adapter"


@pytest.mark.parametrize(
    ("generators", "changes", "fields"),
    [
        ("local", [], []),
        ("dns:///{role}:50051", [], []),
        (ADDRESSES, [], []),
        (f"{ADDRESSES},base=/store/base", [ADAPTER], []),
        (f"{ADDRESSES},base=hf://org/Base@abc", [ADAPTER, "models.generator=hf:org/base"], []),
        (f"{ADDRESSES},base=/store/base", [], ["weights.form"]),
        (
            f"{ADDRESSES},base=hf://org/base",
            [ADAPTER, "models.generator=hf:org/other"],
            ["models.generator"],
        ),
    ],
)
def test_what_they_would_refuse_is_said_before_it_is_paid(
    generators: str, changes: list[str], fields: list[str], starting: Starting
) -> None:
    found = list(generators_take_the_weights(starting(*changes, generators=generators)))
    assert all(isinstance(each, Problem) for each in found)
    assert [each.message.partition(":")[0] for each in found] == fields
