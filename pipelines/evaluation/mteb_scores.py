"""One embedder on one task, as MTEB scores it."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import mteb
from mteb.abstasks import AbsTask
from mteb.results import TaskResult
from sentence_transformers import SentenceTransformer

from littlegiants.dtypes import Dtype
from pipelines.evaluation.encoder import InstructedEncoder, content_digest, cut_to
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


def instruction_of(task: AbsTask) -> str:
    """The sentence that says what `task` wants."""
    given = task.metadata.prompt
    if isinstance(given, dict):
        given = given.get("query")
    return str(given or task.abstask_prompt)


class ScoredEmbedder:
    """A model, how it reads, and a digest of what decides its embeddings."""

    def __init__(self, name: str, model: SentenceTransformer, reading: Reading) -> None:
        self.name, self.model, self.reading = name, model, reading
        self.revision = content_digest(model)

    def encoder(self, instruction: str) -> InstructedEncoder:
        """The model as MTEB sees it on a task with this instruction."""
        return InstructedEncoder(
            self.model,
            name=self.name,
            revision=self.revision,
            instruction=instruction,
            batch_size=self.reading.batch_size,
        )


def measured(
    task: AbsTask, parts: Sequence[tuple[AbsTask, str]], embedder: ScoredEmbedder
) -> TaskResult:
    """The result of `task`, whose parts come with their instructions; loads their data.

    Raises Unavailable when they lie on a hub that cannot be reached.
    """
    with cut_to(embedder.model, embedder.reading.max_length):
        results = [_run(part, embedder.encoder(instruction)) for part, instruction in parts]
    return task.combine_task_results(results) if task.is_aggregate else results[0]


def _run(task: AbsTask, encoder: InstructedEncoder) -> TaskResult:
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
            encode_kwargs={"batch_size": encoder.batch_size, "show_progress_bar": False},
        )
    return results.task_results[0]


def detail_of(result: TaskResult) -> dict[str, float]:
    """The usual metrics, averaged over splits and subsets as the main one is."""
    rows = [row for split in result.scores.values() for row in split]
    shared = [name for name in SHOWN if all(isinstance(row.get(name), float) for row in rows)]
    means = {name: sum(row[name] for row in rows) / len(rows) for name in shared}
    return {name: mean for name, mean in means.items() if math.isfinite(mean)}
