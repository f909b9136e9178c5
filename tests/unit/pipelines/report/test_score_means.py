"""Means are those of the paper's table: by category, and over tasks."""

from pipelines.report.page import render_report
from pipelines.report.score_means import score_means, table_of

SCORES = [
    {"task": "MTEB(eng, v1)/STS17", "kind": "STS", "base": 0.25, "trained": 0.5},
    {"task": "MTEB(eng, v1)/CQADupstackRetrieval", "kind": "Retrieval", "base": 0.5, "trained": 0},
    {"task": "MTEB(eng, v1)/STS12", "kind": "STS", "base": 0.75, "trained": 1.0},
    {"task": "beir:a/b", "kind": "Retrieval", "base": 0.1, "trained": 0.1},
    {"task": "NanoBEIR/A", "kind": "Retrieval", "trained": 0.1},
    {"task": "NanoBEIR/B", "kind": "Retrieval", "trained": 0.3},
    {"task": "NanoBEIR/C", "kind": "InstructionRetrieval", "trained": 0.5},
]


def test_means_are_by_category_and_over_tasks_in_the_papers_order() -> None:
    (mteb, nano) = score_means(SCORES)
    assert table_of(mteb) == [
        ("MTEB(eng, v1)", "Retr.", "STS", "Avg."),
        ("tasks", "1", "2", "3"),
        ("base", "50.0", "50.0", "50.0"),
        ("trained", "0.0", "75.0", "50.0"),
    ]
    assert table_of(nano) == [
        ("NanoBEIR", "Retr.", "InstructionRetrieval", "Avg."),
        ("tasks", "2", "1", "3"),
        ("trained", "20.0", "50.0", "30.0"),
    ]


def test_a_category_of_which_a_score_is_missing_has_no_mean() -> None:
    rows: list[dict[str, object]] = [
        {"task": "a", "kind": "STS", "trained": 0.5},
        {"task": "b", "kind": "STS"},
    ]
    (found,) = score_means(rows)
    assert found.means == {"trained": [None, None]}


def test_the_report_shows_them_and_needs_no_base() -> None:
    page = render_report({"run": "runs/one", "stages": [], "scores": SCORES[4:]})
    assert "Means by category, in percent: <bdi>NanoBEIR</bdi>" in page
    assert "mean over 3 tasks; the base was not scored" in page
