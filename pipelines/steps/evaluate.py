"""Embedders in, scores out: one part of the tasks, by the trained embedder and its base."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from typing import Any, cast

from upath import UPath

from littlegiants.errors import BadInput
from pipelines.cli.step_flags import FolderSettings, ShardSettings, StepSettings
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.evaluation.own_tasks.evaluation_sets import final_names
from pipelines.evaluation.own_tasks.final_looks import final_looks
from pipelines.evaluation.presets import are_read_by_base
from pipelines.models.model_folders import resolve_model
from pipelines.run.kept_models import local_model
from pipelines.run.stages import RESULTS, part_name
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.step_progress import StepProgress, say

SHARED = "base-scores"
"""Folder beside the run where runs share those of the untrained base and of controls."""


class EvaluateSettings(ShardSettings, FolderSettings):
    """Score one part of the tasks with MTEB: the trained embedder, and the base if that is asked.

    python -m pipelines.steps.evaluate --run runs/demo --set 'evaluate.tasks=[beir:folder, nano]'
    """


def evaluate(work: Work) -> Tally:
    """The scores are in the stage's record, mteb's results in the run; none is made again."""
    settings, shard = work.run.recipe.evaluate, shard_number(work.settings)
    if shard >= settings.shard_count:
        raise BadInput(
            f"--shard {shard}: evaluate.shard_count is {settings.shard_count}; choose from 0 to "
            f"{settings.shard_count - 1}"
        )
    models: dict[str, Any] = {"trained": local_model(work, "embedder"), **controls_of(work)}
    if are_read_by_base(settings.tasks, settings.base):
        models = {"base": partial(untrained, work), **models}
    scores = scores_of(work, models, shard=shard)
    details = [
        {name: value for name, value in asdict(score).items() if name != "by_query"}
        for each in scores.values()
        for score in each.values()
    ]
    detail = {"part": part_name(shard, settings.shard_count), "tasks": all_tasks(settings.tasks)}
    told = [told_of(task, each) for task, each in scores.items()]
    return Tally(len(scores), len(scores), detail={**detail, "scores": told, "all": details})


def told_of(task: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    """A task's line: base and trained, the controls, and intervals where there are queries."""
    from pipelines.evaluation.intervals import difference_interval, mean_interval

    base, trained = scores.get("base"), scores["trained"]
    intervals = {
        name: mean_interval(list(score.by_query.values()))
        for name, score in scores.items()
        if len(score.by_query) > 1
    }
    return {
        "task": task,
        "kind": trained.kind,
        "metric": trained.metric,
        **({"base": base.value} if base else {}),
        "trained": trained.value,
        "controls": {n: s.value for n, s in scores.items() if n not in ("base", "trained")},
        "intervals": intervals,
        "gain": difference_interval(trained.by_query, base.by_query) if base else None,
    }


def controls_of(work: Work) -> dict[str, Any]:
    """What base and trained embedder are measured against, by name; loaded when their turn is."""
    from pipelines.evaluation.controls import Bare, Words, bag_of
    from pipelines.models.decoder_embedder import base_embedder

    recipe = work.run.recipe
    base = partial(resolve_model, recipe.models.embedder, work.models)
    mean = recipe.embedder.model_copy(
        update={"dtype": recipe.evaluate.dtype, "pooling": "mean"},
    )
    made: dict[str, Callable[[], Any]] = {
        "bm25": lambda: Words("bm25"),
        "input_vectors": lambda: Bare(lambda: bag_of(base())),
        "mean_pooled": lambda: Bare(lambda: base_embedder(base(), mean)),
        "scorer": lambda: Bare(resolve_model(recipe.models.scorer, work.models)),
    }
    return {name: made[name]() for name in dict.fromkeys(recipe.evaluate.controls)}


def all_tasks(references: Sequence[str]) -> list[str]:
    """Each task of every part, in the recipe's order."""
    from pipelines.evaluation.tasks import with_benchmarks_opened

    return with_benchmarks_opened(references)


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
    return Reading(settings.max_length, settings.batch_size, settings.dtype, table)


def scores_of(
    work: Work, models: Mapping[str, Any], *, shard: int | None = None
) -> dict[str, dict[str, Any]]:
    """Score by task and model, of one part of the tasks or of all."""
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
            keeping=keeping_of(work, shard),
            sizes=Sizes(settings.query_count, settings.document_count),
            reading=reading_of(work),
            report=report,
        )
    tasks = dict.fromkeys(each.task for each in scores)
    return {task: {each.model: each for each in scores if each.task == task} for task in tasks}


def keeping_of(work: Work, shard: int | None) -> Any:
    """Where results are kept, and which part of the tasks is this process's; None: all of them."""
    from pipelines.evaluation.score import Keeping

    settings = work.run.recipe.evaluate
    shared = dict.fromkeys(("base", *settings.controls), shared_folder(work))
    count = 1 if shard is None else settings.shard_count
    return Keeping(work.run.folder / RESULTS, shared, shard or 0, count, look_noted(work))


def look_noted(work: Work) -> Callable[[str], None]:
    """Writes down that a final set is looked at, once of each while this process scores."""

    @cache
    def noted(task: str) -> None:
        if final_names([task]):
            final_looks(work.run.folder, work.name, [task])

    return noted


def shared_folder(work: Work) -> UPath:
    """Where runs find each other's scores of the untrained base."""
    given = work.run.recipe.evaluate.base_cache
    folder = work.run.folder
    return UPath(given) if given else folder.absolute().parent / SHARED


def shard_number(settings: StepSettings) -> int:
    """Which part of the tasks."""
    return cast(ShardSettings, settings).shard


STEP = Step(
    title=lambda settings: f"evaluate-{shard_number(settings)}",
    settings=EvaluateSettings,
    sections=lambda settings: ("evaluate", "models.embedder", "models.scorer", "embedder"),
    reads=lambda settings: ("models/embedder",),
    writes=lambda settings: (),
    body=evaluate,
)

if __name__ == "__main__":
    main(STEP)
