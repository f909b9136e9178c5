"""Embedders in, scores out: every model on every task in one run, through MTEB."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mteb import __version__ as VERSION
from mteb.abstasks import AbsTask
from upath import UPath

from littlegiants.heartbeat import doing
from littlegiants.tasks import digest
from pipelines.evaluation.benchmarks import parts_of
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.evaluation.controls import Bare, Words, is_scored_on
from pipelines.evaluation.encoder import check_embedder
from pipelines.evaluation.mteb_scores import (
    Measured,
    Reading,
    Scorable,
    ScoredEmbedder,
    detail_of,
    instruction_of,
    measured,
)
from pipelines.evaluation.tasks import check_references, open_task, with_benchmarks_opened
from pipelines.storage.atomic_writes import write_whole

__all__ = ["Reading", "Score", "evaluate"]

Report = Callable[[int, int, str, int], None]
"""Called with scores done, scores in all, one line on the latest, and how many were kept before."""


@dataclass(frozen=True, slots=True)
class Score:
    """One model on one task: `value` is the task's main metric, `seconds` what it took.

    `kind` is MTEB's name for what the task measures, as STS.
    """

    task: str
    kind: str
    metric: str
    model: str
    value: float
    seconds: float
    detail: Mapping[str, float]
    by_query: Mapping[str, float] = field(default_factory=dict)
    """The main score of each query, where the task has queries that are scored alone."""
    instruction: str = ""
    """What the embedder was told of the task."""


def evaluate(
    models: Mapping[str, Scorable],
    tasks: Sequence[str],
    *,
    folder: Path,
    sizes: Sizes | None = None,
    reading: Reading | None = None,
    report: Report | None = None,
) -> list[Score]:
    """Score each of `models` on each of `tasks`; only one model of a folder is in memory at a time.

    A control that cannot be scored on a task has no score there.

    A task is `stdlib-retrieval`, `stdlib-classification`, `stdlib-clustering`, `beir:FOLDER`,
    `beir:FOLDER#SPLIT`, an MTEB name, `BENCHMARK/NAME` or a benchmark, for all of its tasks.
    `folder` keeps every finished score: a run that was broken off goes on after it, and a changed
    model, task or reading is scored anew.

    Raises BadInput for a task or model that is none (before anything is scored), Unavailable when
    a task's data lie on a hub that cannot be reached.
    """
    reading, sizes, report = reading or Reading(), sizes or Sizes(), report or _untold
    tasks = _checked(tasks, models, report)
    scores: list[Score] = []
    done = kept_count = 0
    for name, model in models.items():
        with doing(f"loading {name}"):
            embedder = ScoredEmbedder(name, model, reading)
        for reference in tasks:
            done += 1
            found = _score(reference, embedder, folder=folder, sizes=sizes)
            kept_count += not (found and found[1])
            if found:
                scores.append(found[0])
                line = f"{name} on {reference}: {found[0].metric} {found[0].value:.3f}"
                report(done, len(tasks) * len(models), line, kept_count)
    return scores


def _untold(done: int, total: int, line: str, kept: int) -> None:
    """Nobody is told."""


def _checked(tasks: Sequence[str], models: Mapping[str, Any], report: Report) -> list[str]:
    opened = with_benchmarks_opened(tasks)
    for remark in check_references(opened):
        report(0, len(opened) * len(models), remark, 0)
    for model in models.values():
        if not isinstance(model, Words):
            check_embedder(model.model if isinstance(model, Bare) else model)
    return opened


def _score(
    reference: str, embedder: ScoredEmbedder, *, folder: Path, sizes: Sizes
) -> tuple[Score, bool] | None:
    """The score, and whether it was made now; None where the model has none on such a task."""
    task = open_task(reference, sizes)
    if not is_scored_on(embedder.model, str(task.metadata.type)):
        return None
    table = embedder.reading.instructions
    parts = [(part, instruction_of(part, table, whole=task)) for part in parts_of(task)]
    told = [(part.metadata.revision, instruction) for part, instruction in parts]
    key = digest(
        [reference, embedder.name, embedder.revision, embedder.reading.max_length, told, VERSION]
    )
    finished = _finished(folder)
    is_new = key not in finished
    if is_new:
        started = time.monotonic()
        with doing(f"{embedder.name} on {reference}"):
            found = measured(task, parts, embedder)
        seconds = round(time.monotonic() - started, 2)
        score = _told(reference, task, found, model=embedder.name, seconds=seconds)
        finished[key] = asdict(replace(score, instruction=parts[0][1]))
        _keep(folder, finished)
    return Score(**finished[key]), is_new


def _told(reference: str, task: AbsTask, found: Measured, *, model: str, seconds: float) -> Score:
    result, by_query = found
    return Score(
        task=reference,
        kind=str(task.metadata.type),
        metric=task.metadata.main_score,
        model=model,
        value=float(result.get_score()),
        seconds=seconds,
        detail=detail_of(result),
        by_query=by_query,
    )


def _finished(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "scores.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def _keep(folder: Path, finished: Mapping[str, object]) -> None:
    write_whole(UPath(folder) / "scores.json", json.dumps(finished, indent=1) + "\n")
