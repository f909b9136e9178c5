"""`python -m pipelines rehearse`: the whole loop of a recipe in minutes, before it is paid for."""

import shutil
import signal
import sys
from pathlib import Path

from pydantic import Field
from pydantic_settings import CliImplicitFlag

from pipelines.cli.command_line import Flags

FAILED = 2


class Rehearse(Flags):
    """Run a recipe's every stage here at the least size, with tiny random models; asks nobody."""

    recipe: str = "laptop"
    """A shipped recipe's name, a YAML file, or YAML text."""
    set: list[str] = Field(default_factory=list)
    """Change of the recipe, as in synthesize.count=500; may be given several times."""
    placement: str = ""
    """YAML file that says where the stages run: trainings take up to four of its devices."""
    teacher: str = ""
    """Place of the teacher whose calls the table counts, as in `plan`; here it is a script."""
    run: str = "runs/rehearsal"
    """Local folder; started again after a failure, it goes on there."""
    keep: CliImplicitFlag[bool] = False
    """Leave the folder when all has passed."""
    limit_s: float = Field(900, gt=0)
    """Longest that a stage may take."""

    def cli_cmd(self) -> None:
        """Run all stages, print the table; exit code 2 when one did not pass."""
        from pipelines.forecast.machine import Machine
        from pipelines.forecast.plan import GPUS, plan
        from pipelines.kubeflow.placement import load_placement
        from pipelines.recipe.recipe import load_recipe
        from pipelines.rehearsal.rehearsal import rehearse
        from pipelines.rehearsal.table import all_passed, table

        # what is done on the way out ends the processes that stages and generators are
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        recipe, folder = load_recipe(self.recipe, self.set), Path(self.run)
        devices = load_placement(self.placement).training.over()
        teacher = self.teacher or recipe.teacher.place
        lines, notes = rehearse(recipe, teacher, folder, devices=devices, limit_s=self.limit_s)
        forecasts = plan(recipe, teacher, Machine(devices.count if self.placement else GPUS))
        print("", table(lines, forecasts), "", *notes, sep="\n")
        if not all_passed(lines):
            print(f"logs: {folder}", file=sys.stderr)
            sys.exit(FAILED)
        if not self.keep:
            shutil.rmtree(folder)
