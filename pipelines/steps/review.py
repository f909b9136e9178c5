"""Records in, the same records as a person left them out; the run waits until one has."""

import sys
from typing import cast

from pipelines.cli.exits import PAUSED
from pipelines.cli.step_flags import StepSettings
from pipelines.review.edits import GATES
from pipelines.review.review import folder_of, is_approved, lay_out, take_over
from pipelines.run.stages import Gate
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.step_progress import say


class ReviewSettings(StepSettings):
    """Lay out what a stage wrote, wait for approval (exit code 4), take over the edits.

    python -m pipelines.steps.review --run runs/demo --gate curate
    """

    gate: Gate = "judge"
    """Whose records are read."""


def review(work: Work) -> Tally:
    """Write `review/GATE/`, and once it is approved the records of the gate anew."""
    gate = gate_of(work.settings)
    lay_out(work.run, gate)
    folder = folder_of(work.run, gate)
    if not is_approved(work.run, gate):
        say(work.name, f"waits for a person: read {folder}/records.md, edit records.jsonl, then")
        say(work.name, f"python -m pipelines review {gate} --run {work.run.folder} --approve")
        sys.exit(PAUSED)
    outcome = take_over(work.run, gate)
    tally = Tally(in_count=outcome.given, out_count=len(outcome.records))
    tally.detail["edited"] = outcome.edited
    if outcome.dropped:
        tally.dropped["reviewer"] = outcome.dropped
    return tally


def gate_of(settings: StepSettings) -> str:
    """judge, correct or curate."""
    return cast(ReviewSettings, settings).gate


def records_of_gate(settings: StepSettings) -> str:
    """Path in the run of what the gate's stage wrote."""
    return f"data/{GATES[gate_of(settings)].name}.jsonl"


STEP = Step(
    title=lambda settings: f"review-{gate_of(settings)}",
    settings=ReviewSettings,
    sections=lambda settings: (),
    reads=lambda settings: (
        records_of_gate(settings),
        f"review/{gate_of(settings)}/records.jsonl",
        f"review/{gate_of(settings)}/approved",
    ),
    writes=lambda settings: (records_of_gate(settings), f"review/{gate_of(settings)}/approved"),
    body=review,
)

if __name__ == "__main__":
    main(STEP)
