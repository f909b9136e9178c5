"""What a recipe has wrong at its full size is told, however small it is rehearsed."""

from pipelines.distributed.devices import Devices
from pipelines.recipe.recipe import load_recipe
from pipelines.rehearsal.rehearsal import preflight


def test_a_sound_recipe_passes() -> None:
    line = preflight(load_recipe("laptop"), "local", Devices())
    assert line.outcome is not None
    assert line.outcome.passed, line.outcome.message
    assert "of memory at the least" in line.note


def test_every_problem_is_told() -> None:
    changes = ["evaluate.tasks=[stdlib-retreival]", "synthesize.count=0"]
    line = preflight(load_recipe("laptop", changes), "local", Devices(8))
    assert line.outcome is not None
    assert not line.outcome.passed
    assert "stdlib-retreival" in line.outcome.message
    assert "synthesize.count: 0" in line.outcome.message


def test_nodes_that_a_batch_cannot_be_dealt_to_are_told_as_submit_tells_them() -> None:
    line = preflight(load_recipe("laptop"), "local", Devices(1, nodes=3))
    assert line.outcome is not None
    assert "junior.batch_size: 8 cannot be dealt to 3 nodes" in line.outcome.message
