"""A recipe in, all that the run needs looked at, its models ready."""

from pipelines.cli.step_flags import (
    ChannelSettings,
    FolderSettings,
    GeneratorsSettings,
    TeacherSettings,
)
from pipelines.models.model_folders import models_needed, resolve_model
from pipelines.preflight.findings import is_pod
from pipelines.preflight.preflight import preflight_of
from pipelines.recipe.recipe import Recipe
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.storage.store import is_local


class PrepareSettings(TeacherSettings, GeneratorsSettings, ChannelSettings, FolderSettings):
    """Look at all that the run needs; fetch models on its machine.

    python -m pipelines.steps.prepare --recipe paper-8b --run s3://bucket/run --teacher openai
    """


def prepare(work: Work) -> Tally:
    """Look at all that the run needs; on the run's own machine, make ready what it will load.

    A pod's cache goes with the pod: there, a later stage fetches for itself.
    """
    recipe, place = work.run.recipe, work.teacher
    preflight_of(work, is_asking=not is_pod())
    needed = list(models_needed(recipe, place))
    if is_local(work.run.folder) and not is_pod():
        for reference in needed:
            resolve_model(reference, work.models)
    return Tally(in_count=len(needed), out_count=len(needed), detail={"models": needed})


STEP = Step(
    title=lambda settings: "prepare",
    settings=PrepareSettings,
    sections=lambda settings: tuple(Recipe.model_fields),
    reads=lambda settings: (),
    writes=lambda settings: (),
    body=prepare,
)

if __name__ == "__main__":
    main(STEP)
