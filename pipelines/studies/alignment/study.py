"""Generators side by side on the same held-out prompts: form, content, diversity, downstream."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.cli.step_flags import StepSettings
from pipelines.data.intervals import CountedShare
from pipelines.data.records import Candidate, Seed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.step_progress import beating, say
from pipelines.steps.curate import reference_of
from pipelines.steps.report import STEP as REPORT
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.leases import claimed
from pipelines.studies.alignment.downstream import (
    Scores,
    Trainings,
    drawn,
    of_drawn_prompts,
)
from pipelines.studies.alignment.expectation import PAPER, expected_lines, steps_among
from pipelines.studies.alignment.measures import distinct_openings, measured
from pipelines.studies.alignment.table import lines_of
from pipelines.studies.alignment.writers import Writer, default_writers, roles_of, writer_named
from pipelines.studies.alignment.writing import written
from pipelines.studies.compared import UNTRAINED, beside_earlier, compared, told
from pipelines.studies.evaluation_sets import sets_of
from pipelines.studies.finished import lacking, lacking_generators
from pipelines.studies.held_out import held_out_prompts
from pipelines.studies.paired import of_shares
from pipelines.studies.scaling import vectors_of

NAME = "study-alignment"
SEEDS = "hand-written"
LEAST_ROWS = 24
"""Writers with fewer valid rows are not trained on: the others' rows would be cut to as few."""
Rows = dict[str, list[Seed]]
ScoresByRows = Mapping[str, Mapping[str, list[Scores]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the study is to do."""

    writers: Sequence[str]
    prompt_count: int
    seeds: int
    final: bool
    embedder: bool


def study_alignment(settings: StepSettings, asked: Asked) -> None:
    """Write `study-alignment.json` of a run, print it, and write a finished run's report again.

    Raises BadInput with all that the run lacks before anything is asked.
    """
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
    names = asked.writers or default_writers(run.recipe)
    writers = [writer_named(name, run.recipe) for name in dict.fromkeys(names)]
    if faults := list(lacking_generators(run, roles_of(writers))):
        raise BadInput("\n".join(faults))
    work = Work(NAME, run, settings)
    with beating(NAME), claimed(run.folder, NAME):
        for line in expected_lines([each.name for each in writers], asked.seeds):
            say(NAME, line)
        found = _studied(work, writers, asked)
        write_whole(run.folder / f"{NAME}.json", json.dumps(found, indent=1))
    for line in lines_of(found):
        say(NAME, line)
    if not list(lacking(run)):
        REPORT(settings)


def _studied(work: Work, writers: Sequence[Writer], asked: Asked) -> dict[str, Any]:
    prompts, candidates = asyncio.run(_written(work, writers, asked.prompt_count))
    given = work.run.read(Seed, "seeds")
    reference, foils = reference_of(work), [seed.sample for seed in given]
    rows = {name: _valid(prompts, own) for name, own in candidates.items()}
    count = equal_count(rows.values())
    table = {
        name: {**measured(own, foils, reference), "openings": _openings(rows[name], count)}
        for name, own in candidates.items()
    }
    trainings = Trainings(
        work, sets_of(final=asked.final), None if asked.embedder else vectors_of(work)
    )
    seeds = 1 if asked.embedder else asked.seeds
    scores = scored_by_rows(trainings, prompts, rows, given=given, seeds=seeds)
    return _found(work, asked, table, scores) | {"prompts": len(prompts), "equal_rows": count}


def scored_by_rows(
    trainings: Trainings,
    prompts: Sequence[Prompt],
    rows: Rows,
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
    ids = [prompt.id for prompt in prompts]
    of_prompts = partial(of_drawn_prompts, prompts=ids)
    return {
        f"{count} rows of each": trainings.scores(alike, partial(drawn, count=count), seeds),
        f"the rows of {4 * len(ids) // 5} prompts": trainings.scores(enough, of_prompts, seeds),
    }


async def _written(
    work: Work, writers: Sequence[Writer], count: int
) -> tuple[list[Prompt], dict[str, list[Candidate]]]:
    prompts = await held_out_prompts(work, count)
    return prompts, {each.name: await written(work, each, prompts) for each in writers}


def _valid(prompts: Sequence[Prompt], candidates: Sequence[Candidate]) -> list[Seed]:
    return [
        Seed(prompt, each.sample, source=NAME)
        for prompt, each in zip(prompts, candidates, strict=True)
        if each.sample and not each.reason
    ]


def equal_count(rows: Iterable[Sequence[Seed]]) -> int:
    """Rows of equal trainings: those of the writer with fewest, of such as have enough at all."""
    return min((len(own) for own in rows if len(own) >= LEAST_ROWS), default=0)


def _openings(rows: Sequence[Seed], count: int) -> float | None:
    samples: list[Sample] = [row.sample for row in drawn(rows, count, seed=0)]
    return distinct_openings(samples) if count and len(samples) == count else None


def _found(work: Work, asked: Asked, table: dict[str, Any], scores: ScoresByRows) -> dict[str, Any]:
    """The study as plain data; the other group's scores and the looks at the final sets stay."""
    group = "final sets, " if asked.final else "development sets, "
    found = {group + rows: compared(each, expected_steps(each)) for rows, each in scores.items()}
    path = work.run.folder / f"{NAME}.json"
    return {
        "expected": list(expected_lines(list(table), asked.seeds)),
        "paper": dict(PAPER),
        "embedder": asked.embedder,
        "writers": table,
        "content_steps": [
            {"better": one, "worse": other, **told(of_shares(*_content(table, one, other)))}
            for one, other, _ in steps_among(list(table))
        ],
        **beside_earlier(path, found, replaced=group, final=asked.final),
    }


def expected_steps(names: Iterable[str]) -> list[tuple[str, str]]:
    """The expected steps among what was trained."""
    writers = [name for name in names if name != UNTRAINED]
    return [(one, other) for one, other, _ in steps_among(writers)]


def _content(table: Mapping[str, Any], *names: str) -> list[CountedShare]:
    return [CountedShare(**table[name]["content"]) for name in names]
