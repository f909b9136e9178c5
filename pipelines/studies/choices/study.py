"""The recipe's training beside variants of it: same rows, paired seeds, sets apart."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from pipelines.cli.step_flags import FolderSettings
from pipelines.data.records import Row, Seed
from pipelines.evaluation.own_tasks.evaluation_sets import sets_of
from pipelines.evaluation.own_tasks.final_looks import final_looks
from pipelines.models.model_folders import resolve_model
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.step_progress import beating, say
from pipelines.steps.embed import triplet_of
from pipelines.steps.report import STEP as REPORT
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed
from pipelines.studies.choices.guide_vectors import GuideVectors
from pipelines.studies.choices.trainings import ChoiceTrainings, drawn_rows
from pipelines.studies.choices.variants import AS_IT_IS, Variant, default_variants, variant_named
from pipelines.studies.compared import beside_earlier, compared, lines_of_group
from pipelines.studies.embedders import of_seed
from pipelines.studies.finished import lacking
from pipelines.studies.points import check_sets
from pipelines.studies.scaling import vectors_of
from pipelines.training.rows import Triplet

NAME = "study-choices"
Rows = Literal["dataset", "seeds"]
LEAST_ROWS = 30
"""With fewer, a seed's four fifths are fewer than the alignment study trains on."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the study is to do."""

    variants: Sequence[str]
    rows: Rows
    seeds: int
    final: bool
    embedder: bool


def study_choices(settings: FolderSettings, asked: Choices) -> None:
    """Write `study-choices.json` of a run, print it, and write a finished run's report again.

    Raises BadInput where there are not rows enough, and for a variant that is none.
    """
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
    rows, work = rows_of(run, asked.rows), Work(NAME, run, settings)
    variants = list(_variants(settings, run, rows, asked))
    check_sets(work, sets_of(final=asked.final))
    with beating(NAME):
        for line in expected_lines(variants, asked.seeds):
            say(NAME, line)
        groups = _studied(work, rows, variants, asked)
    for group, scores in groups.items():
        for line in lines_of_group(group, scores):
            say(NAME, line)
    if not list(lacking(run)):
        REPORT(settings)


def rows_of(run: Run, name: Rows) -> list[Triplet]:
    """What the embedder learns of the run's rows; BadInput where they are too few."""
    is_made = name == "dataset"
    rows = (
        [triplet_of(row) for row in run.rows(Row, name)]
        if is_made
        else [of_seed(seed) for seed in run.rows(Seed, name)]
    )
    if len(rows) < LEAST_ROWS:
        raise BadInput(f"data/{name}.jsonl: {len(rows)} rows; a comparison needs {LEAST_ROWS}")
    return rows


def expected_lines(variants: Sequence[Variant], seeds: int) -> Iterator[str]:
    """What each variant is taken to bring, and what would refute it."""
    yield "Expected, said before anything is measured, of the mean of all sets:"
    for each in variants[1:]:
        yield f"  {each.name} > {AS_IT_IS}"
    yield (
        "A variant is shown where the 95 % interval of the difference is above 0, not shown where "
        f"it holds 0, refuted where it is below. {seeds} paired seeds, each with four fifths of "
        "the rows, the same for all. One in twenty that change nothing is not left open."
    )


def _variants(
    settings: FolderSettings, run: Run, rows: Sequence[Triplet], asked: Choices
) -> Iterator[Variant]:
    yield Variant(AS_IT_IS, run.recipe)
    texts = asked.variants or default_variants(run.recipe, {row.kind for row in rows})
    for text in dict.fromkeys(texts):
        yield variant_named(text, settings.recipe, settings.changes, probe=not asked.embedder)


def _studied(
    work: Work, rows: Sequence[Triplet], variants: Sequence[Variant], asked: Choices
) -> dict[str, Any]:
    guides = GuideVectors(partial(resolve_model, cache=work.models))
    vectors = None if asked.embedder else vectors_of(work)
    looks = final_looks(work.run.folder, NAME, sets_of(final=asked.final))
    trainings = ChoiceTrainings(work, rows, sets_of(final=asked.final), vectors, guides)
    scores = trainings.scores(variants, asked.seeds)
    what = f"{'final' if asked.final else 'development'} sets, "
    what += f"{'the embedder' if asked.embedder else 'a probe'}, {asked.rows}: "
    group = f"{what}{len(drawn_rows(rows, 0))} of {len(rows)} rows"
    steps = [(each.name, AS_IT_IS) for each in variants[1:]]
    path, basis = work.run.folder / f"{NAME}.json", digest([asdict(row) for row in rows])
    found = {group: compared(scores, steps)}
    with claimed(work.run.folder, NAME):
        groups = beside_earlier(path, found, replaced=what, basis=basis)
        told = {"expected": list(expected_lines(variants, asked.seeds)), "downstream": groups}
        write_whole(path, json.dumps(told | {"final_looks": looks}, indent=1))
    return groups
