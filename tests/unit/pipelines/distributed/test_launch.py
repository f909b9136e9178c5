"""A training in many processes gets the step's own flags, and does once a node what is for all."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.cli.command_line import parsed
from pipelines.distributed.devices import Devices
from pipelines.distributed.launch import flags_of, processes_for, torchrun
from pipelines.distributed.world import first_on_node, is_first
from pipelines.steps.finetune import FinetuneStepSettings


def test_the_flags_give_the_same_settings_again() -> None:
    settings = FinetuneStepSettings(
        recipe="name: x\nseed: 1\n",
        run="s3://bucket/run",
        role="revisor",
        set=["slots.sts.unit={sentence: 1, phrase: 2}", "seeds.count=3"],
    )
    again = parsed(FinetuneStepSettings, flags_of(settings))
    assert again == settings


@pytest.mark.parametrize(
    ("environment", "batch_size", "expected"),
    [
        ({}, 8, None),
        ({"DEVICES": "2"}, 8, Devices(2)),
        ({"DEVICES": "3"}, 8, Devices(2)),
        ({"DEVICES": "16"}, 24, Devices(12)),
        ({"NODES": "2"}, 8, Devices(1, 2)),
        ({"DEVICES": "2"}, 3, None),
    ],
    ids=["one", "all", "most that divide", "not a power of two", "nodes", "none divides"],
)
def test_a_training_starts_in_as_many_processes_as_get_equal_parts(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    batch_size: int,
    expected: Devices | None,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"LITTLEGIANTS_TRAINING_{name}", value)
    assert processes_for("embed", "embedder", batch_size) == expected


def test_what_is_used_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LITTLEGIANTS_TRAINING_DEVICES", "8")
    processes_for("align", "senior", 12)
    assert "[align] trains on 6 of 8 devices: 12 rows" in capsys.readouterr().out


def test_nodes_that_no_batch_can_be_dealt_to_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITTLEGIANTS_TRAINING_NODES", "3")
    with pytest.raises(BadInput, match=r"junior\.batch_size: 16 .* multiple of 3"):
        processes_for("finetune-junior", "junior", 16)


def test_torchrun_starts_one_process_a_device() -> None:
    command = torchrun(8, ["pipelines.steps.embed", "--run", "runs/demo"])
    assert command[command.index("--nproc-per-node") + 1] == "8"
    assert command[-3:] == ["pipelines.steps.embed", "--run", "runs/demo"]


def test_the_first_process_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_first()
    monkeypatch.setenv("RANK", "1")
    assert not is_first()


def test_a_node_does_once_what_is_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "mark"
    done = []
    for training in ("a", "a", "b", "b"):
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", training)
        with first_on_node(mark) as is_ours:
            done.append(is_ours)
    assert done == [True, False, True, False]


def test_alone_it_is_always_done(tmp_path: Path) -> None:
    for _ in range(2):
        with first_on_node(tmp_path / "mark") as is_ours:
            assert is_ours
