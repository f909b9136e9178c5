"""A run's records in; `summary.json`, `report.html` and the embedder's whole card out."""

import json
from typing import Any

from upath import UPath

from littlegiants.heartbeat import doing
from pipelines.canary.trial import TRIALS
from pipelines.cli.step_flags import StepSettings
from pipelines.forecast.table import aligned
from pipelines.report.collected_scores import SCORES, write_scores
from pipelines.report.page import render_report
from pipelines.report.score_means import score_means, table_of
from pipelines.report.summary import summarize
from pipelines.run.folder import Run
from pipelines.run.stages import STAGES
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.step_progress import say
from pipelines.storage.atomic_writes import write_whole

SUMMARY, PAGE = "summary.json", "report.html"


class ReportSettings(StepSettings):
    """Write `summary.json`, `scores.json` with the means, and the self-contained `report.html`.

    Of a run that is not finished they tell what has been done, and what is left.

    python -m pipelines.steps.report --run s3://bucket/run
    """


def report(work: Work) -> Tally:
    """The files, whole or not at all; the scores' means are told, the embedder's card has them."""
    from pipelines.report.model_card import write_card

    summary = write_pages(work.run)
    write_scores(work.run, summary["scores"])
    for table in score_means(summary["scores"]):
        for line in aligned(table_of(table)):
            say(work.name, line)
    if embedded := work.run.stage("embed"):
        write_card(work.run, embedded, summary["scores"])
    return Tally(in_count=len(summary["stages"]), out_count=len(summary["stages"]))


def write_pages(run: Run, *, has_ended: bool = True) -> dict[str, Any]:
    """Write `summary.json` and `report.html` of what has been done; gives the summary."""
    with doing("summing up the run's records"):
        summary = summarize(run, has_ended=has_ended)
    write_whole(run.folder / SUMMARY, json.dumps(summary, indent=1))
    write_whole(run.folder / PAGE, render_report(summary))
    return summary


def page_of(run: str) -> str:
    """The finished report."""
    return (UPath(run) / PAGE).read_text(encoding="utf-8")


RECORDS = tuple(
    f"stages/{pattern}.json" for name in STAGES for pattern in (name, f"{name}-*", f"review-{name}")
)
"""Of every stage but this one."""

FOUND = (
    "ablation.json",
    "study-alignment.json",
    "study-choices.json",
    "study-scaling.json",
    "study-scaling.svg",
)
"""By studies, where there were any."""

STEP = Step(
    title=lambda settings: "report",
    settings=ReportSettings,
    sections=lambda settings: ("prices",),
    reads=lambda settings: (*RECORDS, "attempts/*", *FOUND, f"{TRIALS}/*"),
    writes=lambda settings: (SUMMARY, PAGE, SCORES),
    body=report,
)

if __name__ == "__main__":
    main(STEP)
