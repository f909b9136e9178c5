"""A recipe in, what the run needs from outside ready: models, evaluation sets."""

from pipelines.evaluation_sets import build_evaluation_sets
from pipelines.run import Tally
from pipelines.stage import Step, StepSettings, Work, main
from pipelines.steps.evaluate import sets_folder, sizes_of
from pipelines.training.models import resolve_model


class PrepareSettings(StepSettings):
    """Fetch or convert the models of the recipe and build the evaluation sets."""


def prepare(work: Work) -> Tally:
    """Fail early: what is missing is said before anything is asked or trained."""
    recipe = work.run.recipe
    references = sorted(set(recipe.models.model_dump().values()))
    for reference in references:
        resolve_model(reference, work.models)
    sets = build_evaluation_sets(sets_folder(work) / "sets", sizes=sizes_of(recipe))
    detail = {"models": references, "evaluation": sets.counts}
    return Tally(in_count=len(references), out_count=len(references), detail=detail)


STEP = Step(
    title=lambda settings: "prepare",
    settings=PrepareSettings,
    sections=lambda settings: ("models", "evaluate"),
    reads=lambda settings: (),
    writes=lambda settings: (),
    body=prepare,
)

if __name__ == "__main__":
    main(STEP)
