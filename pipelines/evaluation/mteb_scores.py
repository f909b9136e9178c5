"""One embedder on one task, as MTEB scores it."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import mteb
from mteb.abstasks import AbsTask, AbsTaskRetrieval
from mteb.results import TaskResult
from sentence_transformers import SentenceTransformer

from littlegiants.dtypes import Dtype
from pipelines.evaluation.controls import Bare, Words
from pipelines.evaluation.encoder import (
    InstructedEncoder,
    content_digest,
    cut_to,
    open_embedder,
)
from pipelines.evaluation.tasks import load

SHOWN = (
    *("ndcg_at_10", "map_at_10", "mrr_at_10", "recall_at_10", "recall_at_100"),
    *("f1", "v_measure", "cosine_spearman", "cosine_pearson", "max_ap"),
)
"""Metrics that go into a score's detail where the task has them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are read; the same for every model, so that scores compare.

    Queries carry the task's instruction (rows.query_text), documents stay bare. A model that is
    given as a folder computes in `dtype`.
    """

    max_length: int = 96
    batch_size: int = 32
    dtype: Dtype = "auto"
    instructions: Mapping[str, str] = field(default_factory=dict)
    """By a task's name, in place of mteb's own."""


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


Scorable: TypeAlias = Path | SentenceTransformer | Bare | Words


class ScoredEmbedder:
    """A model, how it reads, and a digest of what decides its embeddings."""

    def __init__(self, name: str, model: Scorable, reading: Reading) -> None:
        self.name, self.reading = name, reading
        self.is_bare = isinstance(model, Bare)
        given = model.model if isinstance(model, Bare) else model
        self.model = given if isinstance(given, Words) else open_embedder(given, reading.dtype)
        told = [] if isinstance(self.model, Words) else [content_digest(self.model)]
        self.revision = "-".join([*told, *(["bare"] if self.is_bare else [])]) or "words"

    def encoder(self, instruction: str) -> Any:
        """The model as MTEB sees it on a task with this instruction."""
        if isinstance(self.model, Words):
            return self.model
        return InstructedEncoder(
            self.model,
            name=self.name,
            revision=self.revision,
            instruction="" if self.is_bare else instruction,
            batch_size=self.reading.batch_size,
        )

    def cut(self) -> Any:
        """The model reads no more than the reading says for the time of the block."""
        if isinstance(self.model, Words):
            return nullcontext()
        return cut_to(self.model, self.reading.max_length)


Measured = tuple[TaskResult, dict[str, float]]
"""MTEB's result, and the main score of each query where the task has queries."""


def measured(
    task: AbsTask, parts: Sequence[tuple[AbsTask, str]], embedder: ScoredEmbedder
) -> Measured:
    """What came of `task`, whose parts come with their instructions; loads their data.

    Raises Unavailable when they lie on a hub that cannot be reached.
    """
    by_query: dict[str, float] = {}
    with embedder.cut():
        results = []
        for part, instruction in parts:
            with noted_queries(part, by_query):
                results.append(_run(part, embedder.encoder(instruction), embedder.reading))
    return (task.combine_task_results(results) if task.is_aggregate else results[0]), by_query


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


def _run(task: AbsTask, encoder: Any, reading: Reading) -> TaskResult:
    load(task)
    with warnings.catch_warnings():
        # precision of a label that a weak model never predicts; it is not shown
        warnings.filterwarnings("ignore", message="Precision is ill-defined")
        results = mteb.evaluate(
            encoder,
            task,
            cache=None,
            co2_tracker=False,
            show_progress_bar=False,
            encode_kwargs={"batch_size": reading.batch_size, "show_progress_bar": False},
        )
    return results.task_results[0]


def detail_of(result: TaskResult) -> dict[str, float]:
    """The usual metrics, averaged over splits and subsets as the main one is."""
    rows = [row for split in result.scores.values() for row in split]
    shared = [name for name in SHOWN if all(isinstance(row.get(name), float) for row in rows)]
    means = {name: sum(row[name] for row in rows) / len(rows) for name in shared}
    return {name: mean for name, mean in means.items() if math.isfinite(mean)}
