"""Embedders from rows of each writer, drawn by the same seeds, scored on the same sets."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from littlegiants.tasks import digest
from pipelines.data.records import Seed
from pipelines.run.step import Work
from pipelines.step_progress import StepProgress
from pipelines.studies.compared import UNTRAINED
from pipelines.studies.embedders import of_seed, trained_on
from pipelines.studies.points import KeptPoints, revisions_of, scores_on

Scores = dict[str, float]
Draw = Callable[..., list[Seed]]
"""Which of a writer's rows a seed, given by its name, trains on."""


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
        kept = KeptPoints(self.work.run.folder / f"{self.work.name}-points.json")
        found: dict[str, list[Scores]] = {}
        if self.vectors is not None:
            key = digest([UNTRAINED, self._manner()])
            found[UNTRAINED] = [kept.of(key, partial(self._scored, UNTRAINED, [], 0))]
        with StepProgress(self.work.name, len(rows) * seeds, unit="training") as progress:
            for name, own in rows.items():
                found[name] = []
                for seed in range(seeds):
                    chosen = draw(own, seed=seed)
                    key = digest([[_told(row) for row in chosen], seed, self._manner()])
                    measure = partial(self._scored, name, chosen, seed)
                    found[name].append(kept.of(key, measure))
                    progress.reach(progress.count + 1, f"{name}, seed {seed}")
        return found

    def _manner(self) -> list[Any]:
        recipe = self.work.run.recipe
        model = "probe" if self.vectors is not None else recipe.embedder.model_dump(mode="json")
        sets = revisions_of(self.work, self.tasks)
        return [recipe.models.embedder, recipe.evaluate.model_dump(mode="json"), model, sets]

    def _scored(self, name: str, chosen: Sequence[Seed], seed: int) -> Scores:
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
            told = f"{name}-{digest([_told(row) for row in chosen])[:8]}"
            model = trained_on(self.work, f"embedder-{told.replace('/', '-')}", rows)
        return scores_on(self.work, model, self.tasks, name=f"{name}-{seed}", bare=is_probe)


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
