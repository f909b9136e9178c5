"""The command `review`: check what a person made of a run's records, and let the run go on."""

from pydantic_settings import CliImplicitFlag, CliPositionalArg
from upath import UPath

from pipelines.cli.step_flags import StepSettings
from pipelines.run.stages import Gate


class Review(StepSettings):
    """Check the edits of a run that waits for a person; `--approve` lets it go on."""

    gate: CliPositionalArg[Gate]
    """judge, correct or curate."""
    approve: CliImplicitFlag[bool] = False
    """Let the run go on with the records as they are now."""

    def cli_cmd(self) -> None:
        """Check, and approve."""
        from pipelines.recipe.recipe import load_recipe
        from pipelines.review.review import approve, edited, folder_of
        from pipelines.run.folder import Run

        run = Run(UPath(self.run), load_recipe(self.recipe, self.changes))
        outcome = (approve if self.approve else edited)(run, self.gate)
        print(
            f"{folder_of(run, self.gate)}: {len(outcome.records)} of {outcome.given} kept, "
            f"{outcome.edited} edited, {outcome.dropped} taken out"
        )
        if self.approve:
            print("approved; start the run again, it goes on from here")
        else:
            print("the edits are in order; add --approve to let the run go on")
