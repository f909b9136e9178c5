"""A training in many processes gets the step's own flags, and does once a node what is for all."""

from pathlib import Path

import pytest

from pipelines.cli.command_line import parsed
from pipelines.distributed.launch import flags_of
from pipelines.distributed.world import first_on_node, is_first, is_spread
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
    ("environment", "spread"),
    [
        ({}, False),
        ({"LITTLEGIANTS_TRAINING_DEVICES": "2"}, True),
        ({"LITTLEGIANTS_TRAINING_NODES": "2"}, True),
        ({"LITTLEGIANTS_TRAINING_DEVICES": "2", "WORLD_SIZE": "2"}, False),
    ],
    ids=["one process", "devices", "nodes", "one of the many"],
)
def test_processes_are_started_once(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], spread: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_spread() is spread


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
