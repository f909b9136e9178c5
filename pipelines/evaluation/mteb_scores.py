"""One embedder on one task, as MTEB scores it."""

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import mteb
from mteb import __version__ as VERSION
from mteb.abstasks import AbsTask, AbsTaskRetrieval
from mteb.results import TaskResult
from mteb.types import EncodeKwargs

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from pipelines.evaluation.kept_results import KeptResults
from pipelines.evaluation.scored_embedder import Reading, ScoredEmbedder
from pipelines.evaluation.tasks import load

SHOWN = (
    *("ndcg_at_10", "map_at_10", "mrr_at_10", "recall_at_10", "recall_at_100"),
    *("f1", "v_measure", "cosine_spearman", "cosine_pearson", "max_ap"),
)
"""Metrics that go into a score's detail where the task has them."""


def instruction_of(
    task: AbsTask, table: Mapping[str, str] | None = None, *, whole: AbsTask | None = None
) -> str:
    """The sentence that says what `task`, a part of `whole`, wants: the table's, else mteb's."""
    for named in (task, whole or task):
        if table and named.metadata.name in table:
            return table[named.metadata.name]
    given = task.metadata.prompt
    if isinstance(given, dict):
        given = given.get("query")
    return str(given or task.abstask_prompt)


@dataclass(frozen=True, slots=True)
class ScoredPart:
    """What is scored at once: a task, or one of those whose mean a task is."""

    task: AbsTask
    instruction: str
    source: str = ""
    """Digest of the file that defines the task, where that is no part of mteb."""

    @property
    def key(self) -> str:
        """Digest of what decides its score beside the embedder."""
        about = self.task.metadata
        return digest([about.name, about.revision, self.instruction, self.source, VERSION])


@dataclass(frozen=True, slots=True)
class Measured:
    """A result, the seconds that it took when it was made, and whether that was now."""

    result: TaskResult
    seconds: float
    is_new: bool
    by_query: Mapping[str, float]
    """The main score of each query, where the task has queries that are scored alone."""


def measured(
    task: AbsTask,
    parts: Sequence[ScoredPart],
    embedder: ScoredEmbedder,
    kept: KeptResults,
    *,
    looking: Callable[[], object] = lambda: None,
) -> Measured:
    """What came of `task`; loads the data of those of its parts that have no result in `kept`.

    `looking` is called before one of them is scored.

    Raises Unavailable when they lie on a hub that cannot be reached.
    """
    with embedder.cut():
        found = [_of_part(part, embedder, kept, looking) for part in parts]
    if not task.is_aggregate:
        return found[0]
    whole = task.combine_task_results([each.result for each in found])
    key = digest([part.key for part in parts])
    kept.keep_whole(task, key, whole, options_of(embedder.reading))
    return Measured(
        whole,
        round(sum(each.seconds for each in found), 2),
        is_new=any(each.is_new for each in found),
        by_query={query: score for each in found for query, score in each.by_query.items()},
    )


def _of_part(
    part: ScoredPart, embedder: ScoredEmbedder, kept: KeptResults, looking: Callable[[], object]
) -> Measured:
    seconds, by_query = kept.found(part.task, part.key)
    if result := kept.result(part.task):
        return Measured(result, seconds, is_new=False, by_query=by_query)
    looking()
    started = time.monotonic()
    with noted_queries(part.task, by_query):
        _run(part.task, embedder.encoder(part.instruction), embedder.reading, kept)
    seconds = round(seconds + time.monotonic() - started, 2)
    kept.keep(part.task, part.key, seconds, by_query)
    result = kept.result(part.task)  # as the next start reads it: mteb rounds what it keeps
    if result is None:
        raise BadInput(f"tasks: {part.task.metadata.name}: mteb gave no score of all its subsets")
    return Measured(result, seconds, is_new=True, by_query=by_query)


@contextmanager
def noted_queries(task: AbsTask, found: dict[str, float]) -> Iterator[None]:
    """Put nDCG@10 of each query into `found`, where that is the task's main score."""
    if not isinstance(task, AbsTaskRetrieval) or task.metadata.main_score != "ndcg_at_10":
        yield
        return
    inherited = task.task_specific_scores

    def noting(scores: Any, *others: Any, **named: Any) -> Any:
        # pytrec_eval's name of the measure; mteb 2.26 hands over what it has of each query here
        where = f"{task.metadata.name} {named.get('hf_subset')} {named.get('hf_split')}"
        for query, each in scores.items():
            found[f"{where} {query}"] = round(float(each["ndcg_cut_10"]), 4)
        return inherited(scores, *others, **named)

    task.task_specific_scores = noting
    try:
        yield
    finally:
        del task.task_specific_scores


def _run(task: AbsTask, encoder: Any, reading: Reading, kept: KeptResults) -> None:
    load(task)
    with warnings.catch_warnings():
        # precision of a label that a weak model never predicts; it is not shown
        warnings.filterwarnings("ignore", message="Precision is ill-defined")
        mteb.evaluate(
            encoder,
            task,
            cache=kept.cache,
            co2_tracker=False,
            show_progress_bar=False,
            encode_kwargs=options_of(reading),
        )


def options_of(reading: Reading) -> EncodeKwargs:
    """How mteb asks for embeddings; it notes them with each result."""
    return {"batch_size": reading.batch_size, "show_progress_bar": False}


def detail_of(result: TaskResult) -> dict[str, float]:
    """The usual metrics, averaged over splits and subsets as the main one is."""
    rows = [row for split in result.scores.values() for row in split]
    shared = [name for name in SHOWN if all(isinstance(row.get(name), float) for row in rows)]
    means = {name: sum(row[name] for row in rows) / len(rows) for name in shared}
    return {name: mean for name, mean in means.items() if math.isfinite(mean)}
