"""Embedders trained on the rows that a seed draws, as each variant has it, scored once."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from littlegiants.tasks import digest
from pipelines.models.model_folders import resolve_model
from pipelines.probe.bag import untrained_probe
from pipelines.probe.choices import CHOICES, train_chosen_probe
from pipelines.recipe.recipe import Recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.trainer import ShownSteps
from pipelines.steps.embed import own_rows, training_of
from pipelines.steps.evaluate import untrained
from pipelines.studies.choices.guide_vectors import GuideVectors
from pipelines.studies.choices.variants import Variant
from pipelines.studies.compared import UNTRAINED
from pipelines.studies.points import KeptPoints, Point, revisions_of, scores_on
from pipelines.training.checkpoints import not_deciding
from pipelines.training.rows import TrainingRun, Triplet

Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class ChoiceTrainings:
    """Trainings of variants, all on the rows that a seed draws."""

    work: Work
    rows: Sequence[Triplet]
    tasks: Sequence[str]
    vectors: Any
    """Of the probe; None where the recipe's embedder is trained."""
    guides: GuideVectors

    def scores(self, variants: Sequence[Variant], seeds: int) -> dict[str, list[Scores]]:
        """The untrained one's, then for each variant and each seed the score on every set."""
        drawn = [drawn_rows(self.rows, seed) for seed in range(seeds)]
        points = {
            each.name: [self._point(each, rows, seed) for seed, rows in enumerate(drawn)]
            for each in variants
        }
        key = digest([UNTRAINED, self._manner(self.work.run.recipe)])
        floor = Point(key, UNTRAINED, partial(self._untrained, key))
        return KeptPoints(self.work.run.folder, self.work.name).of_all(
            {UNTRAINED: [floor], **points}
        )

    def _point(self, variant: Variant, drawn: Sequence[Triplet], seed: int) -> Point:
        rows = [*drawn, *own_rows(variant.recipe)]
        told = [list(asdict(row).values()) for row in rows]
        key = digest([told, seed, self._manner(variant.recipe)])
        measure = partial(self._scored, variant.recipe, rows, seed, key)
        return Point(key, f"seed {seed}: {variant.name}", measure)

    def _manner(self, recipe: Recipe) -> list[Any]:
        settings, is_probe = recipe.embedder, self.vectors is not None
        left_out = not_deciding(settings)
        how = settings.model_dump(
            mode="json", include=set(CHOICES - left_out) if is_probe else None, exclude=left_out
        )
        sets = revisions_of(self.work, self.tasks)
        read = recipe.evaluate.model_dump(mode="json")
        return [recipe.models.embedder, read, sets, "probe" if is_probe else "embedder", how]

    def _untrained(self, key: str) -> Scores:
        is_probe = self.vectors is not None
        model = untrained_probe(self.vectors) if is_probe else untrained(self.work)
        return self._on_sets(model, key)

    def _scored(self, recipe: Recipe, rows: Sequence[Triplet], seed: int, key: str) -> Scores:
        choices = recipe.embedder
        if self.vectors is not None:
            guide = partial(self.guides.of, choices.guide) if choices.guide else None
            model = train_chosen_probe(rows, self.vectors, choices, seed=seed, guide=guide)
            return self._on_sets(model, key)
        folder = self._embedder(recipe, rows, seed, key)
        found = self._on_sets(folder / "model", key)
        shutil.rmtree(folder)  # a study trains dozens
        return found

    def _on_sets(self, model: Any, key: str) -> Scores:
        bare = self.vectors is not None
        return scores_on(self.work, model, self.tasks, name=key[:16], bare=bare)

    def _embedder(self, recipe: Recipe, rows: Sequence[Triplet], seed: int, key: str) -> Path:
        """Folder with the recipe's embedder in `model`; a killed training of it goes on."""
        work = replace(self.work, run=Run(self.work.run.folder, recipe))
        base = resolve_model(recipe.models.embedder, work.models)
        folder = work.folder / "training" / f"{work.name}-{key[:16]}"
        with ShownSteps(work.name, base) as shown:
            run = TrainingRun(base, folder / "model", folder, recipe.embedder, seed, report=shown)
            training_of(work)(rows, run)
        return folder


def drawn_rows(rows: Sequence[Triplet], seed: int) -> list[Triplet]:
    """Four fifths of `rows` by a digest of seed and text: the same for every variant."""

    def place(row: Triplet) -> bytes:
        return sha256(f"{seed}-{row.kind}-{row.query}-{row.positive}".encode()).digest()

    return sorted(rows, key=place)[: 4 * len(rows) // 5]
