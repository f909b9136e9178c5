"""The data set in, an embedder out: contrastive training with hard negatives."""

from pipelines.nouns import Row
from pipelines.stage import Step, Work, main
from pipelines.step_flags import FolderSettings
from pipelines.tally import Tally
from pipelines.trainers import train_model
from pipelines.training.models import resolve_model
from pipelines.training.rows import Triplet
from pipelines.world import is_first


class EmbedStepSettings(FolderSettings):
    """Train the embedding model on the data set.

    python -m pipelines.steps.embed --run runs/demo --set embedder.epochs=2
    """


def embed(work: Work) -> Tally:
    """Train and write `models/embedder` with its card.

    A killed training goes on from its newest checkpoint.
    """
    from pipelines.model_card import licences_of, write_card
    from pipelines.training.embedder import train_embedder

    recipe = work.run.recipe
    base = resolve_model(recipe.models.embedder, work.models)
    tally = train_model(
        work,
        "embedder",
        base=base,
        train=train_embedder,
        rows=(triplet_of(row) for row in work.run.rows(Row, "dataset")),
        settings=recipe.embedder,
    )
    if is_first():
        tally.detail["licences"] = licences_of(recipe, base)
        write_card(work.run, {"out": tally.out_count, "detail": tally.detail})
    return tally


def triplet_of(row: Row) -> Triplet:
    """What the embedder learns from a row."""
    return Triplet(row.task, row.kind, row.query, row.positive, row.negative)


STEP = Step(
    title=lambda settings: "embed",
    settings=EmbedStepSettings,
    sections=lambda settings: ("models.embedder", "embedder"),
    reads=lambda settings: ("data/dataset.jsonl",),
    writes=lambda settings: ("models/embedder",),
    body=embed,
    module="pipelines.steps.embed",
)

if __name__ == "__main__":
    main(STEP)
