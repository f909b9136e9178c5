"""A tracker's own callback may fail at any step of a training, which goes on."""

from typing import Any

import pytest
from transformers import TrainerCallback

from pipelines.training.steps_log import LossCurve


class Away(TrainerCallback):
    """A tracker whose server goes away after the first step."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def on_train_begin(self, *given: Any, **more: Any) -> None:
        self.asked.append("begin")

    def on_log(self, *given: Any, **more: Any) -> None:
        self.asked.append("log")
        if self.asked.count("log") > 1:
            raise ConnectionError("server is away")


def test_a_tracker_that_fails_is_left_out_from_then_on(capsys: pytest.CaptureFixture[str]) -> None:
    tracker = Away()
    curve = LossCurve("mlflow", tracker)
    curve.on_train_begin()
    for _ in range(4):
        curve.on_log()
    curve.on_train_end()
    assert tracker.asked == ["begin", "log", "log"]
    told = capsys.readouterr().out
    assert told.count("no more loss curve: ConnectionError: server is away") == 1
