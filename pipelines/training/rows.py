"""Rows that a training is given, and the steps that it tells: examples, pairs, triplets."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pipelines.recipe.training_sections import OptimizerSettings


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and what the model shall answer."""

    prompt: str
    completion: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt with a better and a worse answer."""

    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True, slots=True)
class Triplet:
    """A query, its document and, where the kind has one, a hard negative document."""

    task: str
    kind: str
    query: str
    positive: str
    negative: str = ""


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One optimizer step; `margin` and `accuracy` are those of preference training."""

    step: int
    total_steps: int
    loss: float
    learning_rate: float | None = None
    margin: float | None = None
    accuracy: float | None = None


Report = Callable[[TrainingStep], None]
Trained = TypeVar("Trained", bound=OptimizerSettings)


def unreported(step: TrainingStep) -> None:
    """Nobody is told of a step."""


@dataclass(frozen=True, slots=True)
class TrainingRun(Generic[Trained]):
    """The model in the folder `base`, trained with these settings, is written to `out`.

    Checkpoints, `training.jsonl`, `counts.json` and `adapter/` are in `work`: the same run after a
    kill goes on from the newest whole checkpoint and gives the same weights.
    """

    base: Path
    out: Path
    work: Path
    settings: Trained
    seed: int
    report: Report = unreported
    curves: tuple[str, ...] = ()
    """Experiment trackers, as `report_to` of a trainer names them, that get its steps."""
    tracked_as: tuple[str, str] = ("", "")
    """Project and name of the run that they add to."""


QUERY = "\nQuery: "


def query_prompt(task: str) -> str:
    """What stands before a query; documents stay bare (E5-mistral, arXiv 2401.00368)."""
    return f"Instruct: {task}{QUERY}" if task else ""


def query_text(task: str, query: str) -> str:
    """What an embedder reads for a query."""
    return query_prompt(task) + query


def bare_query(text: str) -> str:
    """The query of `query_text`, without the instruction that stands before it."""
    return text.partition(QUERY)[2] or text
