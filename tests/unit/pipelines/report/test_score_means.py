"""A benchmark's tasks have a mean, and so have those of one type."""

from pipelines.report.page import render_report
from pipelines.report.score_means import ScoreMean, score_means

SCORES = [
    {"task": "MTEB(eng, v1)/STS17", "kind": "STS", "metric": "r", "base": 0.25, "trained": 0.5},
    {"task": "MTEB(eng, v1)/STS22", "kind": "STS", "metric": "r", "base": 0.75, "trained": 1.0},
    {"task": "MTEB(eng, v1)/ArguAna", "kind": "Retrieval", "base": 0.5, "trained": 0.0},
    {"task": "beir:data/own", "kind": "Retrieval", "base": 0.1, "trained": 0.1},
    {"task": "stdlib-retrieval", "kind": "Retrieval", "base": 0.1, "trained": 0.1},
]


def test_means_are_over_all_tasks_of_a_benchmark_and_over_each_type() -> None:
    assert score_means(SCORES) == (
        ScoreMean("MTEB(eng, v1)", 3, 0.5, 0.5),
        ScoreMean("MTEB(eng, v1), STS", 2, 0.5, 0.75),
        ScoreMean("MTEB(eng, v1), Retrieval", 1, 0.5, 0.0),
    )


def test_the_report_shows_them_where_a_benchmark_was_run() -> None:
    summary = {"run": "runs/one", "stages": [], "scores": SCORES}
    assert "<bdi>MTEB(eng, v1), STS</bdi>" in render_report(summary)
    assert "Means over the tasks" not in render_report(summary | {"scores": SCORES[3:]})
