"""The names that a preflight knows are those of the locked mteb."""

from pipelines.evaluation.tasks import BUILTIN as OPENED
from pipelines.preflight.task_names import BUILTIN, mteb_names
from tests.contract.mteb_names import names


def test_names_are_those_of_mteb() -> None:
    wrong = mteb_names().symmetric_difference(names())
    remedy = "python -m tests.contract.mteb_names > pipelines/preflight/mteb_names.txt"
    assert not wrong, f"write them anew: {remedy}"


def test_builtin_tasks_are_those_that_can_be_opened() -> None:
    assert tuple(OPENED) == BUILTIN
