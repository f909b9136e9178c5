"""The names that a preflight knows are those of the locked mteb."""

from pipelines.evaluation.own_tasks.local_tasks import BUILTIN as OPENED
from pipelines.evaluation.presets import BUILTIN, PRESETS
from pipelines.preflight.task_names import mteb_names
from tests.contract.mteb_names import names


def test_names_are_those_of_mteb() -> None:
    wrong = mteb_names().symmetric_difference(names())
    remedy = "python -m tests.contract.mteb_names > pipelines/preflight/mteb_names.txt"
    assert not wrong, f"write them anew: {remedy}"


def test_builtin_tasks_are_those_that_can_be_opened() -> None:
    assert tuple(OPENED) == BUILTIN


def test_presets_are_names_of_ours_and_of_mteb() -> None:
    assert {name for tasks in PRESETS.values() for name in tasks} <= {*BUILTIN, *mteb_names()}
    assert not mteb_names().intersection(PRESETS)
