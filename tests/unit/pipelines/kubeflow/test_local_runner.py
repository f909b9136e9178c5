"""A run's folder belongs to one process at a time."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.kubeflow.local_runner import alone_in


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(BadInput, match="another process is at work in")
    with alone_in(tmp_path), refused, alone_in(tmp_path):
        pass


def test_the_folder_is_free_again_after_a_run(tmp_path: Path) -> None:
    for _ in range(2):
        with alone_in(tmp_path):
            pass
