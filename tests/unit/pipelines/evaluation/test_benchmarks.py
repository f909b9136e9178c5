"""A benchmark is scored as MTEB defines it, down to languages and splits."""

import mteb
import pytest
from mteb.abstasks import AbsTask

from littlegiants.errors import BadInput
from pipelines.evaluation.benchmarks import mteb_task, parts_of
from pipelines.evaluation.mteb_scores import instruction_of
from pipelines.evaluation.tasks import with_benchmarks_opened

BENCHMARKS = {"MTEB(eng, v1)": 56, "MTEB(eng, v2)": 41}


def asked_of(task: AbsTask) -> tuple[str, list[str], list[str]]:
    return task.metadata.name, list(task.hf_subsets), list(task.eval_splits)


@pytest.mark.parametrize(("name", "count"), BENCHMARKS.items(), ids=BENCHMARKS)
def test_a_benchmarks_tasks_have_its_languages_and_splits(name: str, count: int) -> None:
    opened = [mteb_task(reference) for reference in with_benchmarks_opened([name])]
    assert len(opened) == count
    assert [asked_of(task) for task in opened] == [
        asked_of(task) for task in mteb.get_benchmark(name).tasks
    ]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_part_of_every_task_has_an_instruction_of_its_own(name: str) -> None:
    references = with_benchmarks_opened([name])
    parts = [part for each in references for part in parts_of(mteb_task(each))]
    assert all(instruction_of(part) for part in parts)
    assert not any(part.is_aggregate for part in parts)


def test_the_task_of_a_benchmark_can_be_named_alone() -> None:
    assert mteb_task("MTEB(eng, v1)/STS17").hf_subsets == ["en-en"]
    assert len(mteb_task("STS17").hf_subsets) > 1


def test_what_a_scoring_loads_is_not_kept_by_the_benchmark() -> None:
    task = mteb_task("MTEB(eng, v1)/STS17")
    task.dataset, task.data_loaded = {}, True
    assert not mteb_task("MTEB(eng, v1)/STS17").data_loaded


@pytest.mark.parametrize("reference", ["STS71", "MTEB(eng, v1)/STS71", "MTEB(eng, v9)/STS17"])
def test_a_task_that_is_none_is_named_with_what_can_be_given(reference: str) -> None:
    with pytest.raises(BadInput, match=r"is none; give .*BENCHMARK/TASK") as raised:
        mteb_task(reference)
    assert reference in str(raised.value)
