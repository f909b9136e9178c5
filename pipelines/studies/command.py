"""`python -m pipelines study` and `ablate`: what is measured on a finished run, and its flags."""

from pydantic import Field
from pydantic_settings import CliApp, CliImplicitFlag, CliSubCommand

from pipelines.cli.command_line import Flags
from pipelines.cli.step_flags import FolderSettings, GeneratorsSettings, TeacherSettings


class Ablate(TeacherSettings, GeneratorsSettings, FolderSettings):
    """Yields of all generators on prompts that no stage saw, and embedders side by side."""

    prompt_count: int = Field(100, gt=0)
    """Held-out prompts."""

    def cli_cmd(self) -> None:
        """Measure, and write `ablation.json` and the report again."""
        from pipelines.studies.ablation import ablate

        ablate(self, self.prompt_count)


class Scaling(FolderSettings):
    """What more rows would bring: scores of nested subsets, a curve, a forecast with its cost.

    Subsets of 1/16, 1/8, 1/4, 1/2 and all rows of the data set are learnt from, with several seeds,
    by a probe that trains in a second or two (a bag of the base's input vectors), or by the real
    embedder. A log-linear and a saturating curve are fitted; the one that foretells the hidden
    largest size better tells of 2, 4 and 10 times the rows. A probe says whether rows still teach
    something new, not what the embedder will score. Started again, it goes on.

    python -m pipelines study scaling --run runs/demo --seeds 3
    """

    seeds: int = Field(5, gt=0)
    """Trainings of each size; the interval comes from them."""
    tasks: list[str] = Field(["stdlib-retrieval"], min_length=1)
    """What is scored, as in evaluate.tasks; the mean over them is drawn."""
    embedder: CliImplicitFlag[bool] = False
    """Train the recipe's embedder on each size instead of the probe; of it, one seed."""

    def cli_cmd(self) -> None:
        """Measure, write `study-scaling.json` and `study-scaling.svg`, print the forecast."""
        from pipelines.studies.scaling import study_scaling

        seeds = 1 if self.embedder else self.seeds
        study_scaling(self, seeds=seeds, tasks=self.tasks, embedder=self.embedder)


class Study(Flags):
    """Measure on a finished run what its parts bring, in minutes.

    python -m pipelines study scaling --help
    """

    scaling: CliSubCommand[Scaling]

    def cli_cmd(self) -> None:
        """Do what was asked for."""
        CliApp.run_subcommand(self)
