"""Preferences in, a senior out: DPO on the junior, which stays the reference."""

from littlegiants.prompts import synthesize_prompt
from pipelines.cli.step_flags import FolderSettings
from pipelines.data.records import Preference
from pipelines.generators.kept_adapters import keep_adapter
from pipelines.run.kept_models import local_model
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.run.trainer import train_model
from pipelines.training.rows import Pair


class AlignStepSettings(FolderSettings):
    """Preference training (DPO) of the junior into the senior.

    python -m pipelines.steps.align --run runs/demo --set senior.beta=0.2
    """


def align(work: Work) -> Tally:
    """Train and write `models/senior`; a killed training goes on from its newest checkpoint."""
    from pipelines.training.dpo import align as train

    preferences = work.run.read(Preference, "preferences")
    pairs = [Pair(synthesize_prompt(row.prompt), row.chosen, row.rejected) for row in preferences]
    base = local_model(work, "junior")
    tally = train_model(
        work, "senior", base=base, train=train, rows=pairs, settings=work.run.recipe.senior
    )
    keep_adapter(work, "senior", on="junior")
    return tally


STEP = Step(
    title=lambda settings: "align",
    settings=AlignStepSettings,
    sections=lambda settings: ("models.generator", "weights", "senior"),
    reads=lambda settings: ("data/preferences.jsonl", "models/junior", "adapters/junior"),
    writes=lambda settings: ("models/senior",),
    body=align,
    module="pipelines.steps.align",
)

if __name__ == "__main__":
    main(STEP)
