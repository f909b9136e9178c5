"""`python -m pipelines study` and `ablate`: what is measured on a finished run, and its flags."""

from typing import Literal

from pydantic import Field
from pydantic_settings import CliApp, CliImplicitFlag, CliSubCommand

from pipelines.cli.command_line import Flags
from pipelines.cli.step_flags import FolderSettings, GeneratorsSettings, TeacherSettings


class Ablate(GeneratorsSettings, FolderSettings):
    """Embedders side by side: from the data set, from its pairs shuffled, from unaligned rows.

    python -m pipelines ablate --run runs/demo
    """

    def cli_cmd(self) -> None:
        """Measure, and write `ablation.json` and the report again."""
        from pipelines.studies.ablation import ablate

        ablate(self)


class Scaling(FolderSettings):
    """What more rows would bring: scores of nested subsets, a curve, a forecast with its cost.

    Subsets of 1/16, 1/8, 1/4, 1/2 and all rows of the data set are learnt from, with several seeds,
    by a probe that trains in a second or two (a bag of the base's input vectors), or by the real
    embedder. A log-linear and a saturating curve are fitted; the one that foretells the hidden
    largest size better tells of 2, 4 and 10 times the rows. A probe says whether rows still teach
    something new, not what the embedder will score. Started again, it goes on; started in several
    places, they share the trainings.

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


class Alignment(TeacherSettings, GeneratorsSettings, FolderSettings):
    """Whether alignment makes the generators better: side by side, on the same held-out prompts.

    Tasks on topics that nothing of the run was trained on are asked of each writer, with the same
    seeds. Told of each: how many rows are valid, how many are cut; of these, how many have their
    own positive first and no nearer negative under models.scorer; how varied they begin; and what
    a probe scores that learns from equally many rows of each, with paired seeds. What is expected,
    and what would refute it, is printed first. Every answer and score is kept: started again, it
    goes on; more prompts or writers cost only what is new.

    A writer is base, base-one-shot, instruct (models.unaligned), junior or senior; then +revisor,
    @TEMPERATURE, /free (without the schema), #N (prompts of at most N tasks of each topic).
    junior+revisor is the method without preferences, senior without the revisor; junior:senior a
    mix, each prompt written by one of them. Started in several places, they share the trainings.

    python -m pipelines study alignment --run runs/demo --prompt-count 100
    python -m pipelines study alignment --run runs/demo --writers junior --writers senior@0.6
    """

    writers: list[str] = Field([])
    """Who is asked, in the expected order; unset: base, base-one-shot, instruct where the recipe
    has one, junior, senior, senior+revisor."""
    prompt_count: int = Field(300, gt=0)
    """Held-out prompts that each writer is asked."""
    seeds: int = Field(10, gt=1)
    """Trainings of each writer's rows; paired differences and their intervals come from them."""
    final: CliImplicitFlag[bool] = False
    """Score on the final sets instead of the development sets. Nothing may be chosen by what is
    seen on them; how often they were looked at is kept."""
    embedder: CliImplicitFlag[bool] = False
    """Train the recipe's embedder instead of the probe; with one seed, so without intervals."""

    def cli_cmd(self) -> None:
        """Measure, write `study-alignment.json` and the report again."""
        from pipelines.studies.alignment.study import Asked, study_alignment

        how = {name: getattr(self, name) for name in ("prompt_count", "seeds", "final", "embedder")}
        study_alignment(self, Asked(writers=self.writers, **how))


class TrainingChoices(FolderSettings):
    """Whether another choice in the embedder's training would make it better, on a run's own rows.

    The recipe's training and each variant learn from the same rows, with the same seeds, and are
    scored on the same sets. Told of each variant: the difference with its interval, and whether it
    is shown. A probe that trains in seconds has the embedder's choices of negatives
    (hard_negatives, label_negatives, guide) and of averaged checkpoints; --embedder trains the real
    one, which has all settings. Every score is kept: started again, it goes on; started in several
    places, they share the trainings.

    python -m pipelines study choices --run runs/demo
    python -m pipelines study choices --run runs/demo --embedder --seeds 5
        --variants embedder.temperature=0.02 --variants "embedder.epochs=1 embedder.guide=hf:A/B"
    """

    variants: list[str] = Field([])
    """Changes of embedder.* or examples.rows that make a variant, with blanks between them; given
    several times, several variants. Unset: each choice of the recipe the other way round."""
    rows: Literal["dataset", "seeds"] = "dataset"
    """Which rows of the run are learnt from: the data set's, or the seeds."""
    seeds: int = Field(10, gt=1)
    """Trainings of each variant; paired differences and their intervals come from them."""
    final: CliImplicitFlag[bool] = False
    """Score on the final sets instead of the development sets. Nothing may be chosen by what is
    seen on them; how often they were looked at is kept."""
    embedder: CliImplicitFlag[bool] = False
    """Train the recipe's embedder instead of the probe; with as many seeds."""

    def cli_cmd(self) -> None:
        """Measure, write `study-choices.json` and the report again."""
        from pipelines.studies.choices.study import Choices, study_choices

        names = ("variants", "rows", "seeds", "final", "embedder")
        study_choices(self, Choices(**{name: getattr(self, name) for name in names}))


class Study(Flags):
    """Measure on a finished run what its parts bring, in minutes.

    python -m pipelines study alignment --help
    """

    alignment: CliSubCommand[Alignment]
    choices: CliSubCommand[TrainingChoices]
    scaling: CliSubCommand[Scaling]

    def cli_cmd(self) -> None:
        """Do what was asked for."""
        CliApp.run_subcommand(self)
