"""Embedders in, scores out: every model on every task in one run, through MTEB."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mteb.abstasks import AbsTask
from sentence_transformers import SentenceTransformer
from upath import UPath

from littlegiants.heartbeat import doing
from littlegiants.weights import file_digest
from pipelines.evaluation.benchmarks import parts_of, tasks_of_shard
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.evaluation.controls import Bare, Words, is_scored_on
from pipelines.evaluation.encoder import check_embedder
from pipelines.evaluation.kept_results import KeptResults
from pipelines.evaluation.mteb_scores import (
    Measured,
    ScoredPart,
    detail_of,
    instruction_of,
    measured,
)
from pipelines.evaluation.presets import MODULE, file_and_task
from pipelines.evaluation.scored_embedder import Reading, Scorable, ScoredEmbedder
from pipelines.evaluation.tasks import check_references, open_task, with_benchmarks_opened

__all__ = ["Keeping", "Reading", "Score", "evaluate"]

Report = Callable[[int, int, str, int], None]
"""Called with scores done, scores in all, one line on the latest, and how many were kept before."""


@dataclass(frozen=True, slots=True)
class Score:
    """One model on one task: `value` is the task's main metric, `seconds` what it took.

    `kind` is MTEB's name for what the task measures, as STS; `revision` is the model's digest.
    """

    task: str
    kind: str
    metric: str
    model: str
    revision: str
    value: float
    seconds: float
    detail: Mapping[str, float]
    by_query: Mapping[str, float] = field(default_factory=dict)
    """The main score of each query, where the task has queries that are scored alone."""
    instruction: str = ""
    """What the embedder was told of the task."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where results outlive this machine, and which part of the tasks is this process's."""

    folder: UPath | Path
    shared: Mapping[str, UPath] | None = None
    """By model, where runs find each other's results."""
    shard: int = 0
    shard_count: int = 1
    looking: Callable[[str], object] = lambda task: None
    """Called with a task's reference before a model is scored on it; not for what is kept."""


def evaluate(
    models: Mapping[str, Scorable],
    tasks: Sequence[str],
    *,
    keeping: Keeping,
    sizes: Sizes | None = None,
    reading: Reading | None = None,
    report: Report | None = None,
) -> list[Score]:
    """Score each of `models` on each of `tasks`; only one model of a folder is in memory at a time.

    A control that cannot be scored on a task has no score there.

    A task is as `evaluate.tasks` of a recipe has it. Every finished result is kept: a run that was
    broken off goes on after it, and a changed model, task or reading is scored anew.

    Raises BadInput for a task or model that is none (before anything is scored), Unavailable when
    a task's data lie on a hub that cannot be reached.
    """
    reading, sizes, report = reading or Reading(), sizes or Sizes(), report or _untold
    tasks = _checked(tasks, models, report)
    tasks = tasks_of_shard(tasks, keeping.shard, keeping.shard_count)
    scores: list[Score] = []
    done = kept_count = 0
    for name, model in models.items() if tasks else ():
        for score, is_new in _scores_of(name, model, tasks, keeping, reading, sizes):
            done += 1
            kept_count += not is_new
            if score:
                scores.append(score)
                line = f"{name} on {score.task}: {score.metric} {score.value:.3f}"
                report(done, len(tasks) * len(models), line, kept_count)
        if not isinstance(model.model if isinstance(model, Bare) else model, SentenceTransformer):
            gc.collect()  # it was loaded here; before the next one is
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


def _scores_of(
    name: str, model: Scorable, tasks: Sequence[str], *how: Any
) -> Iterator[tuple[Score | None, bool]]:
    keeping, reading, sizes = how
    with doing(f"loading {name}"):
        embedder = ScoredEmbedder(name, model, reading)
    with _kept(keeping, embedder) as kept:
        for reference in tasks:
            yield _score(reference, embedder, kept, sizes, keeping.looking)


@contextmanager
def _kept(keeping: Keeping, embedder: ScoredEmbedder) -> Iterator[KeptResults]:
    shared = (keeping.shared or {}).get(embedder.name)
    meta = embedder.encoder("").mteb_model_meta
    with TemporaryDirectory(prefix="littlegiants-mteb-") as scratch:
        yield KeptResults(UPath(keeping.folder), meta, Path(scratch), shared)


def _score(
    reference: str, embedder: ScoredEmbedder, kept: KeptResults, *how: Any
) -> tuple[Score | None, bool]:
    """The score, None where the model has none on such a task, and whether it was made now."""
    sizes, looking = how
    task = open_task(reference, sizes)
    if not is_scored_on(embedder.model, str(task.metadata.type)):
        return None, False
    is_own = reference.startswith(MODULE)
    source = file_digest(Path(file_and_task(reference)[0])) if is_own else ""
    table = embedder.reading.instructions
    told = [(part, instruction_of(part, table, whole=task)) for part in parts_of(task)]
    parts = [ScoredPart(part, instruction, source) for part, instruction in told]
    with doing(f"{embedder.name} on {reference}"):
        found = measured(task, parts, embedder, kept, looking=partial(looking, reference))
    score = _told(reference, task, found, embedder)
    return replace(score, instruction=parts[0].instruction), found.is_new


def _told(reference: str, task: AbsTask, found: Measured, embedder: ScoredEmbedder) -> Score:
    return Score(
        task=reference,
        kind=str(task.metadata.type),
        metric=task.metadata.main_score,
        model=embedder.name,
        revision=embedder.revision,
        value=float(found.result.get_score()),
        seconds=found.seconds,
        detail=detail_of(found.result),
        by_query=found.by_query,
    )
