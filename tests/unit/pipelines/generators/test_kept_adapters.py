"""Of many processes the first keeps the adapter: it alone knows that the adapter is whole."""

from pathlib import Path

import pytest
from upath import UPath

from pipelines.cli.step_flags import StepSettings
from pipelines.generators.kept_adapters import keep_adapter
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work


@pytest.mark.parametrize("on", ["", "junior"])
def test_another_process_leaves_the_adapter_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on: str
) -> None:
    monkeypatch.setenv("RANK", "1")
    run = Run(UPath(tmp_path / "run"), load_recipe("laptop", ["weights.form=adapter"]))
    being_written = tmp_path / "run/work/adapters/senior/adapter_config.json"
    being_written.parent.mkdir(parents=True)
    being_written.touch()
    keep_adapter(Work("align", run, StepSettings(run=str(run.folder))), "senior", on=on)
    assert being_written.exists()
    assert not (tmp_path / "run/adapters").exists()
