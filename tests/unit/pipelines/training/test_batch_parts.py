"""A batch is of one group on all processes, and no text meets itself over them."""

from pathlib import Path

import pytest
from datasets import Dataset
from sentence_transformers.base.sampler import DefaultBatchSampler, NoDuplicatesBatchSampler
from torch import Generator
from torch.utils.data import ConcatDataset, SequentialSampler

from pipelines.training.batches.left_over import left_over
from pipelines.training.batches.parts import PartsOfBatches

GROUPS = {"retrieval": 21, "sts": 9, "classification": 2}
BATCH = 8


def parts(monkeypatch: pytest.MonkeyPatch, processes: int) -> PartsOfBatches:
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    rows = [[group] * count for group, count in GROUPS.items()]
    samplers = [
        DefaultBatchSampler(SequentialSampler(each), BATCH, drop_last=False) for each in rows
    ]
    return PartsOfBatches(ConcatDataset(rows), samplers, None, 0)


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_processes_have_equal_parts_of_one_group(
    monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    found = parts(monkeypatch, processes)
    dealt = list(found)
    assert len(dealt) % processes == 0
    for first in range(0, len(dealt), processes):
        step = dealt[first : first + processes]
        assert len({len(part) for part in step}) == 1
        assert len({found.dataset[row] for part in step for row in part}) == 1


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_fewer_rows_than_processes_sit_out(monkeypatch: pytest.MonkeyPatch, processes: int) -> None:
    seen = [row for part in parts(monkeypatch, processes) for row in part]
    assert len(seen) == len(set(seen))
    assert sum(GROUPS.values()) - len(seen) == sum(count % processes for count in GROUPS.values())


def test_an_epoch_is_as_long_as_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for processes in (1, 2):
        found = parts(monkeypatch, processes)
        assert len(list(found)) == len(found)


def test_who_sits_out_is_counted_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = parts(monkeypatch, 4)
    found.work = tmp_path / "embedder"
    found.work.mkdir()
    for epoch in range(2):
        found.set_epoch(epoch)
        list(found)
    assert left_over(found.work) == {"1": 4, "2": 4}
    assert "[embedder] 4 of 32 rows sit out of epoch 1" in capsys.readouterr().out


def test_rows_that_no_batch_takes_are_counted_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    texts = Dataset.from_dict({"query": ["same"] * 4, "positive": [f"{n}" for n in range(4)]})
    sampler = NoDuplicatesBatchSampler(texts, 2, drop_last=False, generator=Generator())
    found = PartsOfBatches(ConcatDataset([texts]), [sampler], None, 0)
    found.work = tmp_path
    assert len(list(found)) == 2
    assert left_over(tmp_path) == {"1": 2}
