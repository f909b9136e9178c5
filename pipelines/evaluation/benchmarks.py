"""Tasks of MTEB by name, as a benchmark has them, and dealt out by how much they read."""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import mteb
from mteb.abstasks import AbsTask
from mteb.benchmarks.benchmark import Benchmark

from littlegiants.errors import BadInput
from pipelines.evaluation.beir import CORPUS, QUERIES, folder_and_split
from pipelines.evaluation.presets import BEIR, is_local

AMOUNTS = ("number_of_characters", "total_text_length")
LEAST = 10_000
"""Characters that starting a task counts as."""


def opened(reference: str) -> list[str]:
    """`BENCHMARK/TASK` for each task of the benchmark `reference`, or what else it is, alone."""
    if reference not in _benchmarks():
        return [reference]
    return [f"{reference}/{task.metadata.name}" for task in _benchmarks()[reference].tasks]


def mteb_task(reference: str) -> AbsTask:
    """The task `NAME` with all its languages, or `BENCHMARK/NAME` as that benchmark has it.

    Raises BadInput when there is none.
    """
    benchmark, _, name = reference.rpartition("/")
    try:
        if not benchmark:
            return mteb.get_task(name)
        # A copy, since the benchmark outlives its scoring and the data would stay in memory.
        return copy(_by_name(benchmark)[name])
    except KeyError as error:
        raise BadInput(
            f"tasks: {reference!r} is none; give stdlib-retrieval, stdlib-classification, "
            "stdlib-clustering, beir:FOLDER, a name from `mteb available-tasks`, a benchmark from "
            f"`mteb available-benchmarks` or BENCHMARK/TASK ({error.args[0]})"
        ) from error


def parts_of(task: AbsTask) -> list[AbsTask]:
    """What is scored of `task`: itself, or the tasks whose mean it is (CQADupstackRetrieval)."""
    return [copy(part) for part in task.tasks] if task.is_aggregate else [task]


@cache
def _benchmarks() -> dict[str, Benchmark]:
    return {benchmark.name: benchmark for benchmark in mteb.get_benchmarks()}


def _by_name(benchmark: str) -> dict[str, AbsTask]:
    return {task.metadata.name: task for task in _benchmarks()[benchmark].tasks}


def tasks_of_shard(references: Sequence[str], shard: int, count: int) -> list[str]:
    """The tasks of one of `count` parts, in the order given; the parts read about as much each."""
    if count == 1:
        return list(references)
    dealt = dealt_tasks({name: characters_of(name) for name in references}, count)
    return [name for name in references if name in dealt[shard]]


def dealt_tasks(amounts: Mapping[str, int], count: int) -> list[list[str]]:
    """`count` parts: the largest task first, each to the part that has least so far."""
    parts: list[list[str]] = [[] for _ in range(count)]
    loads = [0] * count
    for name in sorted(amounts, key=lambda name: (-amounts[name], name)):
        least = loads.index(min(loads))
        parts[least].append(name)
        loads[least] += amounts[name]
    return parts


def characters_of(reference: str) -> int:
    """Characters that the task reads, as mteb's statistics or the files' sizes tell, no network."""
    if reference.startswith(BEIR):
        folder = folder_and_split(reference.removeprefix(BEIR))[0]
        return LEAST + sum(Path(folder, name).stat().st_size for name in (CORPUS, QUERIES))
    if is_local(reference):
        return LEAST
    parts = parts_of(mteb_task(reference))
    told = [(part.metadata.descriptive_stats or {}, part.eval_splits) for part in parts]
    return LEAST + sum(_characters(stats.get(split)) for stats, splits in told for split in splits)


def _characters(stats: Any) -> int:
    """Of one split: the sum that it states, else of all the texts that it tells of."""
    if not isinstance(stats, dict):
        return 0
    for name in AMOUNTS:
        if stats.get(name):
            return int(stats[name])
    return sum(map(_characters, stats.values()))
