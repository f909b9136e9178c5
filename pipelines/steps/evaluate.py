"""Embedders in, scores out: the base and the trained one on the same tasks in the same run."""

from collections.abc import Callable, Mapping
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
    models = {"base": untrained(work), "trained": local_model(work, "embedder")}
    scores = scores_of(work, models | controls_of(work))
    details = [
        {name: value for name, value in asdict(score).items() if name != "by_query"}
        for each in scores.values()
        for score in each.values()
    ]
    told = [told_of(task, each) for task, each in scores.items()]
    return Tally(len(scores), len(scores), detail={"scores": told, "all": details})


def told_of(task: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    """A task's line: base and trained, the controls, and intervals where there are queries."""
    from pipelines.evaluation.intervals import difference_interval, mean_interval

    base, trained = scores["base"], scores["trained"]
    intervals = {
        name: mean_interval(list(score.by_query.values()))
        for name, score in scores.items()
        if len(score.by_query) > 1
    }
    return {
        "task": task,
        "kind": base.kind,
        "metric": base.metric,
        "base": base.value,
        "trained": trained.value,
        "controls": {n: s.value for n, s in scores.items() if n not in ("base", "trained")},
        "intervals": intervals,
        "gain": difference_interval(trained.by_query, base.by_query),
    }


def controls_of(work: Work) -> dict[str, Any]:
    """What base and trained embedder are measured against, by name."""
    from pipelines.evaluation.controls import Bare, Words, bag_of
    from pipelines.models.decoder_embedder import base_embedder

    recipe = work.run.recipe
    base = resolve_model(recipe.models.embedder, work.models)
    mean = {"dtype": recipe.evaluate.dtype, "pooling": "mean"}
    made: dict[str, Callable[[], Any]] = {
        "bm25": lambda: Words("bm25"),
        "input_vectors": lambda: Bare(bag_of(base)),
        "mean_pooled": lambda: Bare(
            base_embedder(base, recipe.embedder.model_copy(update=mean)),
        ),
        "scorer": lambda: Bare(resolve_model(recipe.models.scorer, work.models)),
    }
    return {name: made[name]() for name in dict.fromkeys(recipe.evaluate.controls)}


def untrained(work: Work) -> Any:
    """The base embedder, computing as the evaluation does."""
    from pipelines.models.decoder_embedder import base_embedder

    recipe = work.run.recipe
    settings = recipe.embedder.model_copy(update={"dtype": recipe.evaluate.dtype})
    return base_embedder(resolve_model(recipe.models.embedder, work.models), settings)


def reading_of(work: Work) -> Any:
    """How every model reads the tasks' texts."""
    from pipelines.evaluation.instructions import instruction_table
    from pipelines.evaluation.score import Reading

    settings = work.run.recipe.evaluate
    table = instruction_table(settings.instructions)
    return Reading(max_length=settings.max_length, dtype=settings.dtype, instructions=table)


def scores_of(work: Work, models: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Score by task and model."""
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
            reading=reading_of(work),
            report=report,
        )
    tasks = dict.fromkeys(each.task for each in scores)
    return {task: {each.model: each for each in scores if each.task == task} for task in tasks}


STEP = Step(
    title=lambda settings: "evaluate",
    settings=EvaluateSettings,
    sections=lambda settings: ("evaluate", "models.embedder", "models.scorer", "embedder"),
    reads=lambda settings: ("models/embedder",),
    writes=lambda settings: (),
    body=evaluate,
)

if __name__ == "__main__":
    main(STEP)
