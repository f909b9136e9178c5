"""What a stage takes is that of all its processes and GPUs."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.run.resource_usage import usage_watched

MIB = 2**20
TAKES = "import sys; kept = b'x' * (150 * 2**20); print(flush=True); sys.stdin.read()"


def test_memory_of_children_that_work_side_by_side_is_added() -> None:
    with usage_watched() as used:
        command = [sys.executable, "-c", TAKES]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        children = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
        for child in children:
            child.stdout.readline()
        while used.peak_memory_bytes < 300 * MIB:
            pass
        for child in children:
            child.communicate()
    assert used.record()["seconds"] > 0


@pytest.mark.parametrize(("told", "gpus"), [("", 2), ("4", 4)], ids=["seen", "told-by-placement"])
def test_gpus_are_those_of_the_pod_and_of_the_generators_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, gpus: int
) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 1000\necho 30000\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    if told:
        monkeypatch.setenv("LITTLEGIANTS_GPUS_POD", told)
    monkeypatch.setenv("LITTLEGIANTS_GPUS_SERVED", "1.5")
    with usage_watched() as used:
        pass
    assert (used.gpus, used.served_gpus, used.peak_gpu_memory_bytes) == (gpus, 1.5, 30_000 * MIB)
    used.seconds = 1800
    assert used.record()["gpu_hours"] == (gpus + 1.5) / 2


def test_of_several_processes_the_first_watches_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, watches in (("0", True), ("1", False)):
        monkeypatch.setenv("RANK", rank)
        with usage_watched() as used:
            pass
        assert bool(used.peak_memory_bytes) is watches
