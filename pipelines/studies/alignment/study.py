"""Generators side by side on the same held-out prompts: form, content, diversity, downstream."""

import asyncio
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, digest
from pipelines.cli.step_flags import StepSettings
from pipelines.data.intervals import CountedShare
from pipelines.data.records import Candidate, Seed
from pipelines.evaluation.own_tasks.evaluation_sets import sets_of
from pipelines.evaluation.own_tasks.final_looks import final_looks
from pipelines.generators.promotion import POINTER
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.step_progress import beating, say
from pipelines.steps.curate import reference_of
from pipelines.steps.report import STEP as REPORT
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed
from pipelines.studies.alignment.downstream import (
    SEEDS,
    ScoresByRows,
    Trainings,
    drawn,
    equal_count,
    scored_by_rows,
)
from pipelines.studies.alignment.expectation import PAPER, expected_lines, steps_among
from pipelines.studies.alignment.measures import distinct_openings, measured
from pipelines.studies.alignment.table import lines_of
from pipelines.studies.alignment.writers import (
    TUNED,
    Writer,
    default_writers,
    roles_of,
    writer_named,
)
from pipelines.studies.alignment.writing import written
from pipelines.studies.compared import UNTRAINED, beside_earlier, compared, told
from pipelines.studies.finished import ROLES, lacking, lacking_generators
from pipelines.studies.held_out import held_out_prompts
from pipelines.studies.paired import of_shares
from pipelines.studies.points import check_sets
from pipelines.studies.scaling import vectors_of

NAME = "study-alignment"
Prompts = Mapping[str, Sequence[Prompt]]


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
    check_sets(work, sets_of(final=asked.final))
    with beating(NAME):
        for line in expected_lines([each.name for each in writers], asked.seeds):
            say(NAME, line)
        found = _studied(work, writers, asked)
    for line in lines_of(found):
        say(NAME, line)
    if not list(lacking(run)):
        REPORT(settings)


def _studied(work: Work, writers: Sequence[Writer], asked: Asked) -> dict[str, Any]:
    with claimed(work.run.folder, NAME, wait_s=math.inf):  # who comes later finds all texts
        prompts, candidates = asyncio.run(_written(work, writers, asked.prompt_count))
    given = work.run.read(Seed, "seeds")
    reference, foils = reference_of(work), [seed.sample for seed in given]
    rows = {name: _valid(prompts[name], own) for name, own in candidates.items()}
    count = equal_count(rows.values())
    table = {
        name: {**measured(own, foils, reference), "openings": _openings(rows[name], count)}
        for name, own in candidates.items()
    }
    sets = sets_of(final=asked.final)
    looks = final_looks(work.run.folder, work.name, sets)
    trainings = Trainings(work, sets, None if asked.embedder else vectors_of(work))
    seeds = 1 if asked.embedder else asked.seeds
    ids = dict.fromkeys(prompt.id for own in prompts.values() for prompt in own)
    scores = scored_by_rows(trainings, list(ids), rows, given=given, seeds=seeds)
    sizes = {"prompts": asked.prompt_count, "equal_rows": count, "final_looks": looks}
    return _kept(work, asked, _found(asked, table) | sizes, scores)


async def _written(
    work: Work, writers: Sequence[Writer], count: int
) -> tuple[Prompts, dict[str, list[Candidate]]]:
    """By writer its prompts, the same for all that say nothing of tasks, and its candidates."""
    by_tasks = {
        most: await held_out_prompts(work, count, tasks_a_topic=most)
        for most in {each.tasks_a_topic for each in writers}
    }
    prompts = {each.name: by_tasks[each.tasks_a_topic] for each in writers}
    return prompts, {each.name: await written(work, each, prompts[each.name]) for each in writers}


def _valid(prompts: Sequence[Prompt], candidates: Sequence[Candidate]) -> list[Seed]:
    return [
        Seed(prompt, each.sample, source=NAME)
        for prompt, each in zip(prompts, candidates, strict=True)
        if each.sample and not each.reason
    ]


def _openings(rows: Sequence[Seed], count: int) -> float | None:
    samples: list[Sample] = [row.sample for row in drawn(rows, count, seed=0)]
    return distinct_openings(samples) if count and len(samples) == count else None


def _found(asked: Asked, table: dict[str, Any]) -> dict[str, Any]:
    """The study as plain data, but for what is trained."""
    return {
        "expected": list(expected_lines(list(table), asked.seeds)),
        "paper": dict(PAPER),
        "embedder": asked.embedder,
        "writers": table,
        "content_steps": [
            {"better": one, "worse": other, **told(of_shares(*_content(table, one, other)))}
            for one, other, _ in steps_among(list(table))
        ],
    }


def _kept(work: Work, asked: Asked, found: dict[str, Any], scores: ScoresByRows) -> dict[str, Any]:
    """The study as it is written down: the other group of sets stays beside this one."""
    group = "final sets, " if asked.final else "development sets, "
    new = {group + rows: compared(each, expected_steps(each)) for rows, each in scores.items()}
    path, basis = work.run.folder / f"{NAME}.json", basis_of(work.run, asked.prompt_count)
    with claimed(work.run.folder, NAME):
        groups = beside_earlier(path, new, replaced=group, basis=basis)
        whole = found | {"downstream": groups}
        write_whole(path, json.dumps(whole, indent=1))
    return whole


def basis_of(run: Run, prompt_count: int) -> str:
    """Digest of what two groups must have in common to stand beside each other."""
    pointers = [run.folder / POINTER.format(role=role) for role in ROLES]
    weights = [path.read_text("utf-8") if path.exists() else "" for path in pointers]
    return digest([weights, run.recipe.models.generator, prompt_count])


def expected_steps(names: Iterable[str]) -> list[tuple[str, str]]:
    """The expected steps among what was trained; rows of the teacher are taken to be the best."""
    writers = [name for name in names if name != UNTRAINED]
    given = [(SEEDS, name) for name in TUNED if {SEEDS, name} <= set(writers)]
    return [(one, other) for one, other, _ in steps_among(writers)] + given


def _content(table: Mapping[str, Any], *names: str) -> list[CountedShare]:
    return [CountedShare(**table[name]["content"]) for name in names]
