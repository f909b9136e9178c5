"""A gate that shuts on a cluster: what waits for those weights never starts, and it is told so."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.kubeflow.follow import Look, StageLook, ending_of, exit_code_of, stage_of

COMPILED = Path(__file__).parents[4] / "pipelines" / "speed.yaml"
AFTER_BOTH = {"for-loop-1", "curate", "embed", "for-loop-2", "report"}
AFTER_JUNIOR = {"propose", "judge", "align", "promote-2", "correct", "finetune-2", "promote-3"}


@pytest.fixture(scope="module")
def tasks() -> dict[str, dict[str, Any]]:
    """Of the graph as it is shipped, by name."""
    compiled = next(yaml.safe_load_all(COMPILED.read_text("utf-8")))
    found: dict[str, dict[str, Any]] = compiled["root"]["dag"]["tasks"]
    return found


def waiting_for(task: str, tasks: dict[str, dict[str, Any]]) -> set[str]:
    """All tasks that start only after `task`."""
    direct = {name for name, each in tasks.items() if task in each.get("dependentTasks", ())}
    return direct.union(*(waiting_for(each, tasks) for each in direct))


@pytest.mark.parametrize(
    ("role", "waiting"),
    [("junior", AFTER_JUNIOR | AFTER_BOTH), ("senior", AFTER_BOTH), ("revisor", AFTER_BOTH)],
)
def test_no_task_starts_that_needs_weights_which_were_kept_out(
    role: str, waiting: set[str], tasks: dict[str, dict[str, Any]]
) -> None:
    [task] = [name for name in tasks if stage_of(name) == f"promote-{role}"]
    assert waiting_for(task, tasks) == waiting
    assert not any("triggerPolicy" in each for each in tasks.values()), "none runs after a failure"


def test_a_run_that_ends_at_a_promotion_says_what_is_served_and_where_the_figures_are() -> None:
    ended = [StageLook("align", "SUCCEEDED"), StageLook("promote-2", "FAILED")]
    look = Look("one", "FAILED", ended)
    assert exit_code_of(look) == 5
    assert "failed in promote-senior" in ending_of(look)
    assert "leaves served what was served, report.html of the run has why" in ending_of(look)
    other = Look("one", "FAILED", [StageLook("align", "FAILED")])
    assert "report.html" not in ending_of(other)
