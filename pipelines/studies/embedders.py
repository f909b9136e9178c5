"""Embedders side by side: from the data set, from unaligned rows, from pairs that say nothing."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from pipelines.data.records import Row, Seed
from pipelines.evaluation.intervals import difference_interval, mean_interval
from pipelines.models.model_folders import resolve_model
from pipelines.run.kept_models import local_model, trained_path
from pipelines.run.step import Work
from pipelines.run.trainer import train_model
from pipelines.step_progress import say
from pipelines.steps.embed import training_of, triplet_of
from pipelines.steps.evaluate import controls_of, scores_of, untrained
from pipelines.training.contrast.batching import has_labels
from pipelines.training.rows import Triplet

TRAINED_ON = {
    "base": "nothing",
    "unaligned": "untuned base's rows",
    "instruct": "models.unaligned's rows",
    "shuffled": "the data set, shuffled",
    "seeds": "seeds alone",
    "trained": "the data set",
    "labels-own": "with labels: own only",
    "labels-batch": "with labels: the batch's",
    "bm25": "nothing: BM25",
    "input_vectors": "nothing: input vectors",
    "mean_pooled": "nothing: mean of states",
    "scorer": "its own data: scorer",
}
"""What a line of the table learnt from. Shuffled pairs are the same texts, each query with another
row's documents: what they teach is form alone. Labels are what classification rows are told apart
from, where the data set's embedder has the other (`label_negatives`)."""


def compare_embedders(work: Work, unaligned: Sequence[Row]) -> list[dict[str, Any]]:
    """Scores of the base, of an embedder from each set of rows, and of the controls."""
    aligned = [triplet_of(row) for row in work.run.read(Row, "dataset")]
    learnt = taught(work, aligned, unaligned)
    models: dict[str, Any] = {"base": untrained(work)}
    models |= {name: trained_on(work, f"embedder-{name}", rows) for name, rows in learnt.items()}
    models |= {"trained": local_model(work, "embedder")}
    if any(has_labels(row.kind) for row in aligned):
        other = "own" if work.run.recipe.embedder.label_negatives == "batch" else "batch"
        name, settings = f"labels-{other}", {"label_negatives": other}
        models[name] = trained_on(work, f"embedder-{name}", aligned, **settings)
        learnt[name] = aligned
    models |= controls_of(work)
    counts = {**{name: len(rows) for name, rows in learnt.items()}, "trained": len(aligned)}
    scores = scores_of(work, models)
    return [table_row(name, counts.get(name, 0), scores) for name in models]


def taught(
    work: Work, aligned: Sequence[Triplet], unaligned: Sequence[Row]
) -> dict[str, Sequence[Triplet]]:
    """What the embedders beside the data set's learn from; one without a row is left out."""
    recipe = work.run.recipe
    found = {
        "instruct" if recipe.models.unaligned else "unaligned": [
            triplet_of(row) for row in unaligned
        ],
        "shuffled": shuffled(aligned, recipe.seed),
        "seeds": [of_seed(seed) for seed in work.run.read(Seed, "seeds")],
    }
    for name in (name for name, rows in found.items() if not rows):
        say(work.name, f"no embedder is trained on {TRAINED_ON[name]}: there are none")
    return {name: rows for name, rows in found.items() if rows}


def table_row(name: str, count: int, scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A line of the table: what a model learnt from, its score on every task, how sure that is.

    `mean` is over the tasks, of a model that has them all; `intervals` and `less`, by how much the
    data set's embedder is better on the same queries, are of tasks with queries (bootstrap, 95 %).
    """
    own = {task: each[name] for task, each in scores.items() if name in each}
    found = {task: score.value for task, score in own.items()}
    intervals = {task: mean_interval(list(score.by_query.values())) for task, score in own.items()}
    less = {
        task: difference_interval(scores[task]["trained"].by_query, score.by_query)
        for task, score in own.items()
        if name != "trained"
    }
    return {
        "trained_on": TRAINED_ON.get(name, name),
        "rows": count,
        "scores": found,
        "mean": fmean(found.values()) if len(found) == len(scores) else None,
        "intervals": {task: ends for task, ends in intervals.items() if ends},
        "less": {task: each for task, each in less.items() if each},
    }


def shuffled(rows: Sequence[Triplet], seed: int) -> list[Triplet]:
    """Each query with the documents of another row of its kind; a kind's only row stays out."""
    found: list[Triplet] = []
    for kind in sorted({row.kind for row in rows}):
        own = [row for row in rows if row.kind == kind]
        random.Random(f"{seed}-{kind}").shuffle(own)
        others = [*own[1:], *own[:1]]
        found += [
            replace(row, positive=other.positive, negative=other.negative)
            for row, other in zip(own, others, strict=True)
            if row is not other
        ]
    return found


def of_seed(seed: Seed) -> Triplet:
    """What an embedder learns from a seed."""
    task, sample = seed.prompt.task, seed.sample
    return Triplet(task.text, task.kind, sample.query, sample.positive, sample.negative)


def trained_on(work: Work, name: str, rows: Sequence[Triplet], **changed: Any) -> Path:
    """Folder of the recipe's embedder, trained on `rows` as `name` with some settings changed."""
    recipe = work.run.recipe
    train_model(
        work,
        name,
        base=resolve_model(recipe.models.embedder, work.models),
        train=training_of(work),
        rows=rows,
        settings=recipe.embedder.model_copy(update=changed),
    )
    return trained_path(work, name)
