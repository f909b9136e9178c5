"""Means over the tasks of a benchmark, and over its tasks of one type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pipelines.report.format import number


@dataclass(frozen=True, slots=True)
class ScoreMean:
    """Means of the main scores of so many tasks, of the base and of the trained embedder."""

    name: str
    task_count: int
    base: float
    trained: float


def score_means(rows: Iterable[Mapping[str, Any]]) -> tuple[ScoreMean, ...]:
    """Of each benchmark among `rows` (`task` is BENCHMARK/TASK): all its tasks, then by type."""
    groups: dict[str, list[tuple[float, float]]] = {}
    kinds: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        benchmark = _benchmark(str(row.get("task")))
        base, trained = number(row.get("base")), number(row.get("trained"))
        if benchmark and base is not None and trained is not None:
            groups.setdefault(benchmark, []).append((base, trained))
            kinds.setdefault(f"{benchmark}, {row.get('kind')}", []).append((base, trained))
    return tuple(_mean(name, pairs) for name, pairs in {**groups, **kinds}.items())


def _benchmark(task: str) -> str:
    return "" if task.startswith("beir:") else task.rpartition("/")[0]


def _mean(name: str, pairs: list[tuple[float, float]]) -> ScoreMean:
    base, trained = zip(*pairs, strict=True)
    return ScoreMean(name, len(pairs), fmean(base), fmean(trained))
