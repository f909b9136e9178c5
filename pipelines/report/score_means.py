"""Means of scores as the paper's table has them: by category, and over all tasks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pipelines.report.format import number

MODELS = ("base", "trained")
AVERAGE = "Avg."
LABELS = {
    "Classification": "Class.",
    "Clustering": "Clust.",
    "PairClassification": "PairClass.",
    "Reranking": "Rerank",
    "Retrieval": "Retr.",
    "STS": "STS",
    "Summarization": "Summ.",
}
"""MTEB's types of tasks in the order and the words of SPEED's main table; others keep their own."""
TOGETHER = "all tasks"
"""Name of the tasks that were named one by one."""


@dataclass(frozen=True, slots=True)
class ScoreMeans:
    """Of one benchmark: how many tasks each category has, and each model's means in that order.

    The last column is the mean over tasks, not over categories. A mean is None where the model
    lacks a score of a task.
    """

    name: str
    task_counts: Mapping[str, int]
    means: Mapping[str, Sequence[float | None]]


def score_means(rows: Iterable[Mapping[str, Any]]) -> tuple[ScoreMeans, ...]:
    """Of each benchmark among `rows` (`task` is BENCHMARK/TASK), and of the tasks beside them.

    An aggregate, as CQADupstackRetrieval of 12 forums, is one task. A single task has no mean.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(_benchmark(str(row.get("task"))), []).append(row)
    return tuple(_means(name, group) for name, group in groups.items() if len(group) > 1)


def table_of(found: ScoreMeans) -> list[tuple[str, ...]]:
    """Its cells: a head, how many tasks, a line for each model that was scored; in percent."""
    counts = tuple(str(count) for count in found.task_counts.values())
    return [
        (found.name, *found.task_counts),
        ("tasks", *counts),
        *(
            (model, *("" if mean is None else f"{100 * mean:.1f}" for mean in means))
            for model, means in found.means.items()
        ),
    ]


def plain_means(found: ScoreMeans) -> dict[str, Any]:
    """As JSON has it."""
    columns = found.task_counts
    return {
        "tasks": found.name,
        "task_counts": dict(columns),
        "means": {
            model: dict(zip(columns, means, strict=True)) for model, means in found.means.items()
        },
    }


def _benchmark(task: str) -> str:
    is_local = task.startswith(("beir:", "module:"))
    return ("" if is_local else task.rpartition("/")[0]) or TOGETHER


def _means(name: str, rows: Sequence[Mapping[str, Any]]) -> ScoreMeans:
    kinds = {str(row.get("kind")) for row in rows}
    ordered = [kind for kind in LABELS if kind in kinds] + sorted(kinds - set(LABELS))
    columns = {
        LABELS.get(kind, kind): [row for row in rows if row.get("kind") == kind] for kind in ordered
    }
    columns[AVERAGE] = list(rows)
    scored = [model for model in MODELS if any(number(row.get(model)) is not None for row in rows)]
    return ScoreMeans(
        name,
        {label: len(group) for label, group in columns.items()},
        {model: [_mean(group, model) for group in columns.values()] for model in scored},
    )


def _mean(rows: Sequence[Mapping[str, Any]], model: str) -> float | None:
    values = [number(row.get(model)) for row in rows]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None
