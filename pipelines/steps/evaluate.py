"""Embedders in, scores out: the base and the trained one on the same tasks in the same run."""

from dataclasses import asdict
from typing import Any

from pipelines.cli.step_flags import FolderSettings
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.models.model_folders import resolve_model
from pipelines.run.kept_models import local_model
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.step_progress import StepProgress, say


class EvaluateSettings(FolderSettings):
    """Score the base and the trained embedder with MTEB.

    python -m pipelines.steps.evaluate --run runs/demo --set 'evaluate.tasks=[beir:folder, SciFact]'
    """


def evaluate(work: Work) -> Tally:
    """The scores are in the stage's record; finished ones are not made again."""
    scores = scores_of(work, {"base": untrained(work), "trained": local_model(work, "embedder")})
    tasks = [
        {
            "task": task,
            "kind": each["base"].kind,
            "metric": each["base"].metric,
            **{model: s.value for model, s in each.items()},
        }
        for task, each in scores.items()
    ]
    details = [asdict(score) for each in scores.values() for score in each.values()]
    return Tally(len(scores), len(scores), detail={"scores": tasks, "all": details})


def untrained(work: Work) -> Any:
    """The base embedder, computing as the evaluation does."""
    from pipelines.models.decoder_embedder import base_embedder

    recipe = work.run.recipe
    settings = recipe.embedder.model_copy(update={"dtype": recipe.evaluate.dtype})
    return base_embedder(resolve_model(recipe.models.embedder, work.models), settings)


def scores_of(work: Work, models: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Score by task and model."""
    from pipelines.evaluation.score import Reading
    from pipelines.evaluation.score import evaluate as score
    from pipelines.models.devices import computing

    settings = work.run.recipe.evaluate
    say(work.name, str(computing(settings.dtype)))
    with StepProgress(work.name, len(models) * len(settings.tasks), unit="score") as progress:

        def report(done: int, total: int, text: str, kept_count: int) -> None:
            progress.catch_up(kept_count)
            progress.count, progress.total = done, total
            progress.show(text)

        scores = score(
            models,
            settings.tasks,
            folder=work.folder / "evaluation",
            sizes=Sizes(settings.query_count, settings.document_count),
            reading=Reading(max_length=settings.max_length, dtype=settings.dtype),
            report=report,
        )
    tasks = dict.fromkeys(each.task for each in scores)
    return {task: {each.model: each for each in scores if each.task == task} for task in tasks}


STEP = Step(
    title=lambda settings: "evaluate",
    settings=EvaluateSettings,
    sections=lambda settings: ("evaluate", "models.embedder", "embedder"),
    reads=lambda settings: ("models/embedder",),
    writes=lambda settings: (),
    body=evaluate,
)

if __name__ == "__main__":
    main(STEP)
