"""A training in one process computes on one device, whatever it sees."""

from pathlib import Path

import pytest
from transformers import TrainingArguments

from pipelines.training.runs import on_one_device


@pytest.mark.parametrize(("seen", "used"), [(8, 1), (1, 1), (0, 0)])
def test_no_more_than_one_device_is_used(tmp_path: Path, seen: int, used: int) -> None:
    arguments = TrainingArguments(output_dir=str(tmp_path), per_device_train_batch_size=16)
    arguments._n_gpu = seen
    assert on_one_device(arguments).n_gpu == used
    assert arguments.train_batch_size == 16
