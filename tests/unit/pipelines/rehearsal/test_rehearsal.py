"""What a recipe has wrong at its full size is told, however small it is rehearsed."""

from pipelines.recipe.recipe import load_recipe
from pipelines.rehearsal.rehearsal import preflight


def test_a_sound_recipe_passes() -> None:
    line = preflight(load_recipe("laptop"), "local", 1)
    assert line.outcome is not None
    assert line.outcome.passed, line.outcome.message
    assert "of memory at the least" in line.note


def test_every_problem_is_told() -> None:
    changes = ["evaluate.tasks=[stdlib-retreival]", "synthesize.count=0"]
    line = preflight(load_recipe("laptop", changes), "local", 8)
    assert line.outcome is not None
    assert not line.outcome.passed
    assert "stdlib-retreival" in line.outcome.message
    assert "synthesize.count: 0" in line.outcome.message
