"""Disk and memory that a run needs at the least are compared with what the machine has."""

import os
from pathlib import Path

import pytest

from pipelines.preflight.findings import Problem
from pipelines.preflight.machine_checks import (
    GIB,
    disk_needed,
    machine_is_large_enough,
    memory_limit,
    memory_needed,
    trainings_suit_the_machine,
)
from pipelines.run.resource_usage import ResourceUsage
from pipelines.run.tally import Tally
from tests.unit.pipelines.preflight.conftest import Starting


@pytest.fixture(autouse=True)
def no_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine is the stages' own, and has no GPU."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)


@pytest.mark.parametrize(
    ("change", "field"),
    [("serving.kv_cache_gib=1000000", "memory"), ("synthesize.count=1000000000000", "disk")],
)
def test_what_the_machine_has_not_is_named(starting: Starting, change: str, field: str) -> None:
    (found,) = machine_is_large_enough(starting(change))
    assert isinstance(found, Problem) and found.message.startswith(f"{field}: ")


def test_a_pod_of_one_stage_says_nothing_of_the_others(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert list(machine_is_large_enough(starting("serving.kv_cache_gib=1000000"))) == []


def test_memory_counts_the_engines_that_this_machine_runs(starting: Starting) -> None:
    models = ("models.generator=hf:org/big-8b", "models.teacher=hf:org/huge-70b")
    assert memory_needed(starting(*models)) == 140e9 + GIB
    assert memory_needed(starting(*models, teacher="openai")) == 16e9 + GIB
    served = starting(*models, teacher="openai", generators="dns:///{role}:1")
    assert memory_needed(served) == 16e9
    assert 0 < memory_limit() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_finished_stages_need_no_more_disk(starting: Starting) -> None:
    start = starting()
    before = sum(disk_needed(start).values())
    start.work.run.finish("embed", key="k", tally=Tally(), started=0, used=ResourceUsage())
    assert sum(disk_needed(start).values()) == before - 270e6
    assert all(isinstance(folder, Path) for folder in disk_needed(start))


@pytest.mark.parametrize(
    "change", ["senior.dtype=float16", "embedder.attn_implementation=flash_attention_2"]
)
def test_what_needs_a_gpu_is_refused_where_none_is(
    starting: Starting, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    (found,) = trainings_suit_the_machine(starting(change))
    assert isinstance(found, Problem) and found.message.startswith(change.partition("=")[0])
    elsewhere = starting(change, more={"is_elsewhere": True})
    assert list(trainings_suit_the_machine(elsewhere)) == []
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert list(trainings_suit_the_machine(starting(change))) == []
