"""A batch is of one group on all processes, and no text meets itself over them."""

import pytest
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import ConcatDataset, SequentialSampler

from pipelines.training.embedder import PartsOfBatches

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
