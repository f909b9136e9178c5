"""Embedders from rows of each writer, drawn by the same seeds, scored on the same sets."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from littlegiants.tasks import digest
from pipelines.data.records import Seed
from pipelines.run.step import Work
from pipelines.studies.compared import UNTRAINED
from pipelines.studies.embedders import of_seed, trained_on
from pipelines.studies.points import KeptPoints, Point, revisions_of, scores_on

Scores = dict[str, float]
Draw = Callable[..., list[Seed]]
"""Which of a writer's rows a seed, given by its name, trains on."""
SEEDS = "the run's seeds"
LEAST_ROWS = 24
"""Writers with fewer valid rows are not trained on: the others' rows would be cut to as few."""
ScoresByRows = Mapping[str, Mapping[str, list[Scores]]]


@dataclass(frozen=True, slots=True)
class Trainings:
    """Trainings on rows that a seed draws from those of each writer."""

    work: Work
    tasks: Sequence[str]
    vectors: Any
    """Of the probe; None where the recipe's embedder is trained."""

    def scores(
        self, rows: Mapping[str, Sequence[Seed]], draw: Draw, seeds: int
    ) -> dict[str, list[Scores]]:
        """For each writer and each seed the score on every set."""
        points = {
            name: [self._point(name, draw(own, seed=seed), seed) for seed in range(seeds)]
            for name, own in rows.items()
        }
        floor = {} if self.vectors is None else {UNTRAINED: [self._point(UNTRAINED, [], 0)]}
        return KeptPoints(self.work.run.folder, self.work.name).of_all({**floor, **points})

    def _point(self, name: str, chosen: Sequence[Seed], seed: int) -> Point:
        key = digest([[_told(row) for row in chosen], seed, self._manner()])
        measure = partial(self._scored, name, chosen, seed, key)
        return Point(key, f"{name}, seed {seed}", measure)

    def _manner(self) -> list[Any]:
        recipe = self.work.run.recipe
        model = "probe" if self.vectors is not None else recipe.embedder.model_dump(mode="json")
        sets = revisions_of(self.work, self.tasks)
        return [recipe.models.embedder, recipe.evaluate.model_dump(mode="json"), model, sets]

    def _scored(self, name: str, chosen: Sequence[Seed], seed: int, key: str) -> Scores:
        from pipelines.probe.bag import train_probe, untrained_probe

        rows = [of_seed(row) for row in chosen]
        is_probe = self.vectors is not None
        if is_probe:
            model: Any = (
                train_probe(rows, self.vectors, seed=seed)
                if rows
                else untrained_probe(self.vectors)
            )
        else:
            model = trained_on(self.work, f"{self.work.name}-{key[:16]}", rows)
        return scores_on(self.work, model, self.tasks, name=f"{name}-{key[:16]}", bare=is_probe)


def drawn(rows: Sequence[Seed], count: int, seed: int) -> list[Seed]:
    """`count` rows by a digest of seed and prompt: writers share prompts where both are valid."""
    ordered = sorted(rows, key=lambda row: sha256(f"{seed}-{row.prompt.id}".encode()).digest())
    return ordered[:count]


def of_drawn_prompts(rows: Sequence[Seed], prompts: Collection[str], seed: int) -> list[Seed]:
    """The rows that four fifths of these prompts' ids brought: a writer's yield is its own."""
    ordered = sorted(prompts, key=lambda one: sha256(f"{seed}-{one}".encode()).digest())
    kept = frozenset(ordered[: 4 * len(ordered) // 5])
    return [row for row in rows if row.prompt.id in kept]


def _told(row: Seed) -> list[str]:
    return [row.prompt.id, row.sample.query, row.sample.positive, row.sample.negative]


def scored_by_rows(
    trainings: Trainings,
    ids: Sequence[str],
    rows: Mapping[str, Sequence[Seed]],
    *,
    given: Sequence[Seed],
    seeds: int,
) -> ScoresByRows:
    """Scores by which rows are trained on: equally many of each writer, those of equal prompts."""
    enough = {name: own for name, own in rows.items() if len(own) >= LEAST_ROWS}
    if not enough:
        return {"equal rows": {}}
    count = equal_count(rows.values())
    alike = {**enough, SEEDS: given} if len(given) >= count else enough
    of_prompts = partial(of_drawn_prompts, prompts=ids)
    return {
        f"{count} rows of each": trainings.scores(alike, partial(drawn, count=count), seeds),
        f"the rows of {4 * len(ids) // 5} prompts": trainings.scores(enough, of_prompts, seeds),
    }


def equal_count(rows: Iterable[Sequence[Seed]]) -> int:
    """Rows of equal trainings: those of the writer with fewest, of such as have enough at all."""
    return min((len(own) for own in rows if len(own) >= LEAST_ROWS), default=0)
