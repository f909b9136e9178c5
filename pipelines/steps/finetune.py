"""Seeds in, a junior out; corrections in, a revisor out. Both start from the base model."""

from typing import cast

from littlegiants.prompts import (
    revise_prompt,
    revision_text,
    sample_text,
    synthesize_prompt,
    with_revise_template,
)
from pipelines.cli.step_flags import FolderSettings, RoleSettings, StepSettings
from pipelines.data.own_templates import own_templates
from pipelines.data.records import Correction, Seed
from pipelines.generators.kept_adapters import keep_adapter
from pipelines.models.model_folders import resolve_model
from pipelines.run.folder import Run
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.training.rows import Example

SOURCES = {"junior": "seeds", "revisor": "corrections"}


class FinetuneStepSettings(RoleSettings, FolderSettings):
    """Supervised fine-tuning: a junior learns from seeds, a revisor from corrections.

    python -m pipelines.steps.finetune --run runs/demo --role revisor
    """


def finetune(work: Work) -> Tally:
    """Train and write `models/ROLE`; a killed training goes on from its newest checkpoint."""
    from pipelines.run.trainer import train_model
    from pipelines.training.sft import finetune as train

    role = role_of(work.settings)
    recipe = work.run.recipe
    examples = examples_of(work.run, role)
    tally = train_model(
        work,
        role,
        base=resolve_model(recipe.models.generator, work.models),
        train=train,
        rows=examples,
        settings=recipe.junior if role == "junior" else recipe.revisor,
    )
    keep_adapter(work, role)
    return tally


def examples_of(run: Run, role: str) -> list[Example]:
    """Prompts with what the role shall answer."""
    if role == "junior":
        return [
            Example(synthesize_prompt(row.prompt), sample_text(row.sample))
            for row in run.read(Seed, "seeds")
        ]
    own = own_templates(run.recipe).get("revise", "")
    return [
        Example(
            revise_prompt(with_revise_template(row.prompt, own), row.sample),
            revision_text(row.reason, row.revision),
        )
        for row in run.read(Correction, "corrections")
    ]


def role_of(settings: StepSettings) -> str:
    """junior, senior or revisor."""
    return cast(RoleSettings, settings).role


STEP = Step(
    title=lambda settings: f"finetune-{role_of(settings)}",
    settings=FinetuneStepSettings,
    sections=lambda settings: ("models.generator", "weights", role_of(settings)),
    reads=lambda settings: (f"data/{SOURCES[role_of(settings)]}.jsonl",),
    writes=lambda settings: (f"models/{role_of(settings)}",),
    body=finetune,
    module="pipelines.steps.finetune",
)

if __name__ == "__main__":
    main(STEP)
