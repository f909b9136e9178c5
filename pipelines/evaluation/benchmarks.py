"""Tasks and benchmarks of MTEB by name; a benchmark's task has its languages and splits."""

from copy import copy
from functools import cache

import mteb
from mteb.abstasks import AbsTask
from mteb.benchmarks.benchmark import Benchmark

from littlegiants.errors import BadInput


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
