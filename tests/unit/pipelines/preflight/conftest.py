"""Runs that are about to start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.preflight.findings import Start
from pipelines.preflight.preflight import start_of
from pipelines.steps.prepare import PrepareSettings

Starting = Callable[..., Start]


@pytest.fixture
def starting(tmp_path: Path) -> Starting:
    """A start of the laptop recipe with changes, in a folder of its own, its places as flags."""

    def start(
        *changes: str, recipe: str = "laptop", more: dict[str, Any] | None = None, **flags: str
    ) -> Start:
        flags = {"run": str(tmp_path / "run"), "teacher": "local", **flags}
        settings = PrepareSettings(
            recipe=recipe,
            set=list(changes),
            **flags,  # type: ignore[arg-type]
        )
        return start_of(settings, **(more or {}))

    return start
