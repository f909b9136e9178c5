"""The ablation: embedders from aligned, unaligned and shuffled data, side by side."""

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from upath import UPath

from littlegiants.client import Options
from littlegiants.errors import BadInput
from littlegiants.tasks import Task
from pipelines.cli.step_flags import StepSettings
from pipelines.data.prompt_plan import HELD_OUT, prompts_for
from pipelines.data.records import Draft, Row
from pipelines.forecast.table import aligned
from pipelines.generators.ask import generate_all
from pipelines.generators.endpoint import BASE, INSTRUCT
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.step_progress import beating
from pipelines.steps.curate import Kept, once
from pipelines.steps.curate import row_of as row_from
from pipelines.steps.report import STEP as REPORT
from pipelines.steps.synthesize import best, options
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed
from pipelines.studies.embedders import compare_embedders
from pipelines.studies.finished import lacking

SPARE, MOST_SPARE = 1.2, 3
"""More samples are asked of the unaligned model than its yield says, but not more than thrice."""


def ablate(settings: StepSettings) -> None:
    """Write `ablation.json` of a finished run, print it, and write the report again.

    Raises BadInput with all that the run lacks before anything is asked.
    """
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
    if faults := list(lacking(run)):
        raise BadInput("\n".join(faults))
    work = Work("ablation", run, settings)
    with beating(work.name), claimed(run.folder, work.name):
        count = sum(1 for _ in run.rows(Row, "dataset"))
        embedders = compare_embedders(work, asyncio.run(unaligned_rows(work, count)))
        show(embedders)
        write_whole(run.folder / "ablation.json", json.dumps({"embedders": embedders}, indent=1))
    REPORT(settings)


async def unaligned_rows(work: Work, count: int) -> list[Row]:
    """At most `count` valid rows, each once, of the unaligned model under the schema.

    As many prompts as rows are asked first; their yield says how many more.
    """
    rows = await _unaligned(work, count)
    wanted = math.ceil(count * min(SPARE * count / max(len(rows), 1), MOST_SPARE))
    rows = await _unaligned(work, wanted) if len(rows) < count else rows
    threshold = work.run.recipe.curate.near_duplicate
    kept = once(rows, Tally(), threshold=threshold)
    return [row_from(*each) for each in islice(kept, count)]


async def _unaligned(work: Work, count: int) -> list[Kept]:
    recipe = work.run.recipe
    prompts = prompts_for(work.run.read(Task, "tasks"), count, first=HELD_OUT, recipe=recipe)
    role, how = unaligned_writer(recipe)
    asked, each_count = [(prompt, how) for prompt in prompts], recipe.synthesize.candidate_count
    written = await generate_all(work, asked, Tally(), role=role, count=each_count)
    return [
        (Draft(prompt, each.sample, None, "", each.provenance, {}), each.sample)
        for prompt, each in best(work, zip(prompts, written, strict=True))
        if each.sample and not each.reason
    ]


def unaligned_writer(recipe: Recipe) -> tuple[str, Options]:
    """Who writes what alignment is compared with, `models.unaligned` or the base, and how.

    It has as many attempts as the senior, always under the schema.
    """
    how: Options = {**options(recipe), "constrained": True}
    return (INSTRUCT if recipe.models.unaligned else BASE), how


def show(embedders: Sequence[Mapping[str, Any]]) -> None:
    """Print the table of scores, and by how much the data set's embedder is better."""
    tasks = list(dict.fromkeys(task for row in embedders for task in row["scores"]))
    head = ("embedder trained on", "rows", *tasks, "mean")
    cells = [
        (
            row["trained_on"],
            str(row["rows"]),
            *(_with_ends(row["scores"].get(task), row["intervals"].get(task)) for task in tasks),
            _with_ends(row["mean"]),
        )
        for row in embedders
    ]
    print("\n".join(aligned([head, *cells])))
    for row in embedders:
        for task, (mean, low, high) in row["less"].items():
            over = f"the data set over {row['trained_on']}, {task}"
            print(f"{over}: {mean:+.3f} ({low:+.3f} to {high:+.3f})")


def _with_ends(value: float | None, ends: Sequence[float] | None = None) -> str:
    told = "-" if value is None else f"{value:.3f}"
    return f"{told} ({ends[0]:.3f} to {ends[1]:.3f})" if ends else told
