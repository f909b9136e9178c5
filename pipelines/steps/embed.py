"""The data set in, an embedder out: contrastive training with hard negatives."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from pipelines.cli.step_flags import FolderSettings
from pipelines.data.labelled_rows import labelled_rows
from pipelines.data.records import LabelledRow, Row
from pipelines.distributed.world import is_first
from pipelines.models.model_folders import resolve_model
from pipelines.recipe.recipe import Recipe
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.run.trainer import train_model
from pipelines.training.rows import TrainingStep, Triplet


class EmbedStepSettings(FolderSettings):
    """Train the embedding model on the data set.

    python -m pipelines.steps.embed --run runs/demo --set embedder.epochs=2
    """


def embed(work: Work) -> Tally:
    """Train and write `models/embedder` with its card.

    A killed training goes on from its newest checkpoint.
    """
    from pipelines.report.model_card import licences_of, write_card

    recipe = work.run.recipe
    base = resolve_model(recipe.models.embedder, work.models)
    tally = train_model(
        work,
        "embedder",
        base=base,
        train=training_of(work),
        rows=chain(own_rows(recipe), map(triplet_of, work.run.rows(Row, "dataset"))),
        settings=recipe.embedder,
    )
    if is_first():
        tally.detail["licences"] = licences_of(recipe, base)
        write_card(work.run, {"out": tally.out_count, "detail": tally.detail})
    return tally


def training_of(work: Work) -> Callable[..., list[TrainingStep]]:
    """How an embedder is trained, with the recipe's guide."""
    from pipelines.training.embedder import train_embedder

    guide = work.run.recipe.embedder.guide
    return partial(train_embedder, guide=resolve_model(guide, work.models) if guide else None)


def own_rows(recipe: Recipe) -> Iterator[Triplet]:
    """The labelled rows that the recipe mixes in."""
    return map(triplet_of, labelled_rows(recipe.examples.rows))


def triplet_of(row: Row | LabelledRow) -> Triplet:
    """What the embedder learns from a row."""
    return Triplet(row.task, row.kind, row.query, row.positive, row.negative)


STEP = Step(
    title=lambda settings: "embed",
    settings=EmbedStepSettings,
    sections=lambda settings: ("models.embedder", "embedder", "examples.rows"),
    reads=lambda settings: ("data/dataset.jsonl",),
    writes=lambda settings: ("models/embedder",),
    body=embed,
    module="pipelines.steps.embed",
)

if __name__ == "__main__":
    main(STEP)
