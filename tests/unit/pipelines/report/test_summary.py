"""A summary counts all rows and shows some of each kind, without having them in memory."""

import time
import tracemalloc
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.kinds import Kind
from pipelines.data.records import Row
from pipelines.recipe.recipe import load_recipe
from pipelines.report.page import render_report
from pipelines.report.summary import SAMPLES_PER_KIND, drawn_rows, summarize
from pipelines.run.folder import Run
from pipelines.run.resource_usage import ResourceUsage
from pipelines.run.stages import STAGES
from pipelines.run.tally import Tally

COUNT = 4000
KINDS = (Kind.RETRIEVAL, Kind.STS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with rows of two kinds."""
    run = Run(UPath(tmp_path_factory.mktemp("run")), load_recipe("laptop"))
    text = "word " * 100
    run.write(
        "dataset",
        (
            Row(str(n), KINDS[n % 2], "Find.", f"{n}", text, text, "English", False, {}, {})
            for n in range(COUNT)
        ),
    )
    return run


def test_all_rows_are_counted_and_some_of_each_kind_drawn(run: Run) -> None:
    counts, drawn = drawn_rows(run)
    assert {kind: each.rows for kind, each in counts.items() if each.rows} == dict.fromkeys(
        KINDS, COUNT // 2
    )
    assert {kind: len(rows) for kind, rows in drawn.items() if rows} == dict.fromkeys(KINDS, 10)
    assert all(row.kind == kind for kind, rows in drawn.items() for row in rows)


def test_what_is_drawn_comes_from_everywhere_and_is_the_same_each_time(run: Run) -> None:
    drawn = [[row.id for row in drawn_rows(run)[1][Kind.STS]] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == SAMPLES_PER_KIND
    assert max(int(id) for id in drawn[0]) > COUNT / 2


def test_rows_are_not_held_in_memory(run: Run) -> None:
    tracemalloc.start()
    drawn_rows(run)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_an_unfinished_run_is_summed_up_with_what_is_left_to_do(tmp_path: Path) -> None:
    run = Run(UPath(tmp_path), load_recipe("laptop"))
    run.finish("prepare", key="", tally=Tally(), started=time.time(), used=ResourceUsage())
    summary = summarize(run)
    assert summary["not_done"] == list(STAGES[1:])
    assert (summary["scores"], summary["samples"], summary["training"]) == ([], {}, {})
    assert "This run is not finished" in render_report(summary)
