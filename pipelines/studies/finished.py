"""Whether a run is finished: what is measured on it must be there before it is paid for."""

from collections.abc import Iterable, Iterator

from pipelines.generators.promotion import POINTER
from pipelines.report.accounts import stage_records
from pipelines.run.folder import Run
from pipelines.run.stages import STAGES

ROLES = ("junior", "senior", "revisor")
FILES = ("data/tasks.jsonl", "data/dataset.jsonl", "models/embedder")
LOOKS = frozenset({"prepare"})
"""Stages that make nothing that a later one reads from the run."""


def lacking(run: Run) -> Iterator[str]:
    """What a finished run has and this one has not: stages without a record, files, weights."""
    done = {record["name"] for record in stage_records(run)} | LOOKS
    if missing := [stage for stage in STAGES if stage not in done]:
        yield f"run: {run.folder} has not finished {', '.join(missing)}; finish the run first"
        return
    for name in FILES:
        if not (run.folder / name).exists():
            yield f"run: {run.folder / name} is not there; run the step that makes it"
    yield from lacking_generators(run, ROLES)


def lacking_generators(run: Run, roles: Iterable[str]) -> Iterator[str]:
    """Which of these generators the run has not promoted."""
    for role in roles:
        place = run.folder / POINTER.format(role=role)
        if not place.exists():
            yield f"run: {place} is not there; promote {role}"
