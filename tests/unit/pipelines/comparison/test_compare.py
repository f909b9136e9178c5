"""Runs are compared on what all were scored on; one that is beaten in both ways is not marked."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from pipelines.comparison.chart import page, table
from pipelines.comparison.command import Compare
from pipelines.comparison.compared_runs import compared

Scores = dict[str, float]


def finished(
    folder: Path, name: str, *, dollars: float | None, scores: Scores, base: float | None = 0.1
) -> str:
    rows = [{"task": task, "base": base, "trained": score} for task, score in scores.items()]
    costs = {"dollars": dollars, "dataset": {"dollars": dollars}}
    stages = [{"name": "curate", "out": 100}]
    summary: dict[str, Any] = {"costs": costs, "scores": rows, "stages": stages}
    (folder / name).mkdir()
    (folder / name / "summary.json").write_text(json.dumps(summary))
    return str(folder / name)


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    given: Sequence[tuple[str, float | None, Scores]] = (
        ("cheap", 1.0, {"sts": 0.5}),
        ("dear", 500.0, {"sts": 0.9, "more": 0.1}),
        ("beaten", 600.0, {"sts": 0.8}),
        ("as-dear-and-worse", 500.0, {"sts": 0.85}),
        ("no-price", None, {"sts": 0.95}),
    )
    return [finished(tmp_path, name, dollars=cost, scores=scores) for name, cost, scores in given]


def test_the_front_is_what_no_other_run_beats(runs: list[str]) -> None:
    found = compared(runs)
    marked = {UPath(run.run).name for run in found.runs if run.on_front}
    assert marked == {"cheap", "dear"}
    assert [run.score for run in found.runs] == sorted((r.score for r in found.runs), reverse=True)


def test_means_are_over_the_tasks_that_all_runs_share(runs: list[str]) -> None:
    found = compared(runs)
    assert (found.tasks, found.left_out) == (("sts",), ("more",))
    assert {run.score for run in found.runs} == {0.5, 0.9, 0.8, 0.85, 0.95}


def test_runs_that_cannot_be_compared_are_all_named(tmp_path: Path, runs: list[str]) -> None:
    empty = finished(tmp_path, "none", dollars=1, scores={})
    with pytest.raises(BadInput, match=r"gone/summary.json: not there.*none/summary.json: has no"):
        compared([*runs, str(tmp_path / "gone"), empty])
    with pytest.raises(BadInput, match="no task that all were scored on"):
        compared([*runs, finished(tmp_path, "other", dollars=1, scores={"own": 1})])


def test_the_page_marks_the_front_and_escapes_what_it_shows(runs: list[str]) -> None:
    found = compared(runs)
    written = page(found)
    assert written.count('class="dot best"') == 2
    assert written.count('class="dot"') == 2
    assert "logarithmic" in written
    assert "0.900  *" in table(found)


def test_a_base_that_was_not_scored_and_a_price_that_is_not_known_are_left_open(
    tmp_path: Path,
) -> None:
    finished(tmp_path, "bare", dollars=None, scores={"sts": 0.5}, base=None)
    found = compared([str(tmp_path / "bare")])
    assert table(found).splitlines()[1].split() == [
        *(str(tmp_path / "bare"), "100", "unknown", "0.500")
    ]
    assert "No run has a known price" in page(found)
    assert "not recorded" not in page(found)


def test_runs_and_what_is_written_may_lie_on_any_store(
    runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for run in runs:
        copy = UPath(f"memory://compared/{UPath(run).name}/summary.json")
        copy.write_text(UPath(run, "summary.json").read_text())
    folders = [f"memory://compared/{UPath(run).name}" for run in runs]
    written = {"html": "memory://compared/page.html", "json": "memory://compared/numbers.json"}
    Compare(runs=folders, **written).cli_cmd()  # type: ignore[arg-type]
    assert "memory://compared/dear" in capsys.readouterr().out
    assert "<svg" in UPath(written["html"]).read_text()
    assert len(json.loads(UPath(written["json"]).read_text())["runs"]) == len(runs)
