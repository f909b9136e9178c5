"""Embedders in, scores out: every model on every task in one run, through MTEB."""

import json
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import mteb
from mteb.abstasks import AbsTask
from mteb.results import TaskResult
from sentence_transformers import SentenceTransformer
from upath import UPath

from littlegiants.tasks import digest
from pipelines.evaluation_sets import EvaluationSets, Sizes, build_evaluation_sets
from pipelines.run import write_whole
from pipelines.training.evaluation_tasks import (
    check_references,
    load,
    open_task,
    with_benchmarks_opened,
)
from pipelines.training.instructed import (
    InstructedEncoder,
    check_embedder,
    cut_to,
    open_embedder,
)

Report = Callable[[int, int, str], None]
"""Called with scores done, scores in all, and one line on the latest."""

SHOWN = (
    *("ndcg_at_10", "map_at_10", "mrr_at_10", "recall_at_10", "recall_at_100"),
    *("f1", "v_measure", "cosine_spearman", "cosine_pearson", "max_ap"),
)
"""Metrics that go into a score's detail where the task has them."""


@dataclass(frozen=True, slots=True)
class Score:
    """One model on one task: `value` is the task's main metric, `seconds` what it took."""

    task: str
    metric: str
    model: str
    value: float
    seconds: float
    detail: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are read; the same for every model, so that scores compare.

    `instruct` puts the task's instruction before queries (rows.query_text), documents stay bare;
    `instructions` gives another one than the task's own, by the task's reference.
    """

    max_length: int = 96
    batch_size: int = 32
    instruct: bool = True
    instructions: Mapping[str, str] | None = None

    def instruction(self, reference: str, task: AbsTask) -> str:
        """The sentence that says what `task` wants; empty when queries stay bare."""
        if not self.instruct:
            return ""
        given = (self.instructions or {}).get(reference) or task.metadata.prompt
        if isinstance(given, dict):
            given = given.get("query")
        return str(given or task.abstask_prompt)


def evaluate(
    models: Mapping[str, Path | SentenceTransformer],
    tasks: Sequence[str],
    *,
    folder: Path,
    sizes: Sizes | None = None,
    reading: Reading | None = None,
    report: Report | None = None,
) -> list[Score]:
    """Score each of `models` on each of `tasks`; only one model of a folder is in memory at a time.

    A task is `stdlib-retrieval`, `stdlib-classification`, `stdlib-clustering`, `beir:FOLDER` or an
    MTEB name. `folder` keeps the built sets and every finished score: a run that was broken off
    goes on after it, and a changed model, task or reading is scored anew.

    Raises BadInput for a task or model that is none (before anything is scored), Unavailable when
    a task's data lie on a hub that cannot be reached.
    """
    reading, report = reading or Reading(), report or (lambda done, total, text: None)
    tasks = with_benchmarks_opened(tasks)
    check_references(tasks)
    for model in models.values():
        check_embedder(model)
    sets = cache(lambda: build_evaluation_sets(folder / "sets", sizes=sizes))
    scores: list[Score] = []
    for name, model in models.items():
        embedder = open_embedder(model)
        for reference in tasks:
            score = _score(reference, name, embedder, reading=reading, folder=folder, sets=sets)
            scores.append(score)
            line = f"{name} on {reference}: {score.metric} {score.value:.3f}"
            report(len(scores), len(tasks) * len(models), line)
    return scores


def _score(
    reference: str,
    name: str,
    model: SentenceTransformer,
    *,
    reading: Reading,
    folder: Path,
    sets: Callable[[], EvaluationSets],
) -> Score:
    task = open_task(reference, sets)
    instruction = reading.instruction(reference, task)
    encoder = InstructedEncoder(
        model, name=name, instruction=instruction, batch_size=reading.batch_size
    )
    revisions = [encoder.mteb_model_meta.revision, task.metadata.revision, mteb.__version__]
    key = digest([reference, name, *revisions, instruction, reading.max_length])
    finished = _finished(folder)
    if key not in finished:
        load(task)
        with cut_to(model, reading.max_length):
            finished[key] = asdict(_run(task, encoder, reference=reference, name=name))
        _keep(folder, finished)
    return Score(**finished[key])


def _run(task: AbsTask, encoder: InstructedEncoder, *, reference: str, name: str) -> Score:
    started = time.monotonic()
    with warnings.catch_warnings():
        # precision of a label that a weak model never predicts; it is not shown
        warnings.filterwarnings("ignore", message="Precision is ill-defined")
        results = mteb.evaluate(
            encoder,
            task,
            cache=None,
            co2_tracker=False,
            show_progress_bar=False,
            encode_kwargs={"batch_size": encoder.batch_size, "show_progress_bar": False},
        )
    result = results.task_results[0]
    return Score(
        task=reference,
        metric=task.metadata.main_score,
        model=name,
        value=float(result.get_score()),
        seconds=round(time.monotonic() - started, 2),
        detail=_detail(result),
    )


def _detail(result: TaskResult) -> dict[str, float]:
    """The usual metrics, averaged over splits and subsets as the main one is."""
    rows = [row for split in result.scores.values() for row in split]
    shared = [name for name in SHOWN if all(isinstance(row.get(name), float) for row in rows)]
    means = {name: sum(row[name] for row in rows) / len(rows) for name in shared}
    return {name: mean for name, mean in means.items() if math.isfinite(mean)}


def _finished(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "scores.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def _keep(folder: Path, finished: Mapping[str, object]) -> None:
    write_whole(UPath(folder) / "scores.json", json.dumps(finished, indent=1) + "\n")
