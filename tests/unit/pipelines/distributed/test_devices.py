"""A machine's GPUs are counted as CUDA would, and a training in one process sees one of them."""

from pathlib import Path

import pytest

from pipelines.distributed.devices import leave_one_device, visible_devices

OTHERS = ("nvidiactl", "nvidia-uvm", "nvidia-modeset", "nvme0", "null")


@pytest.fixture
def eight(tmp_path: Path) -> Path:
    """What /dev holds on a machine with eight GPUs."""
    for name in (*OTHERS, *(f"nvidia{number}" for number in range(8))):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (None, tuple("01234567")),
        ("", ()),
        ("-1", ()),
        ("2,5", ("2", "5")),
        ("0, 1", ("0", "1")),
        ("1,8,2", ("1",)),
        ("3,3", ("3",)),
        ("GPU-8932,MIG-11", ("GPU-8932", "MIG-11")),
        ("none", ()),
    ],
)
def test_what_cuda_would_see(eight: Path, said: str | None, found: tuple[str, ...]) -> None:
    environ = {} if said is None else {"CUDA_VISIBLE_DEVICES": said}
    assert visible_devices(eight, environ) == found


def test_a_container_may_have_another_number_than_the_first(tmp_path: Path) -> None:
    (tmp_path / "nvidia5").touch()
    assert visible_devices(tmp_path, {}) == ("0",)


@pytest.mark.parametrize("environ", [{}, {"CUDA_VISIBLE_DEVICES": "0,1"}])
def test_no_gpu_is_none(tmp_path: Path, environ: dict[str, str]) -> None:
    assert visible_devices(tmp_path, environ) == ()
    assert leave_one_device(tmp_path, environ) == {}


@pytest.mark.parametrize(
    ("environ", "left"),
    [
        ({}, {"CUDA_VISIBLE_DEVICES": "0"}),
        ({"CUDA_VISIBLE_DEVICES": "6,7"}, {"CUDA_VISIBLE_DEVICES": "6"}),
        ({"CUDA_VISIBLE_DEVICES": "6"}, {}),
    ],
)
def test_one_process_is_left_one(
    eight: Path, environ: dict[str, str], left: dict[str, str]
) -> None:
    assert leave_one_device(eight, environ) == left
