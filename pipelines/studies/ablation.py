"""The ablation: yields on unseen prompts, embedders from aligned, unaligned and shuffled data."""

import asyncio
import json
import math
from collections.abc import Sequence
from itertools import islice
from typing import Any

from upath import UPath

from littlegiants.client import Options
from littlegiants.errors import BadInput
from littlegiants.tasks import Prompt, Task
from pipelines.cli.step_flags import StepSettings
from pipelines.data.prompt_plan import HELD_OUT, prompts_for
from pipelines.data.records import Candidate, Draft, Row
from pipelines.generators.ask import generate_all, revise_all, with_readable_sample
from pipelines.generators.endpoint import BASE
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.step_progress import beating
from pipelines.steps.curate import once
from pipelines.steps.curate import row_of as row_from
from pipelines.steps.report import STEP as REPORT
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.leases import claimed
from pipelines.studies.embedders import compare_embedders
from pipelines.studies.finished import lacking
from pipelines.studies.held_out import held_out_prompts, too_few_topics
from pipelines.studies.table import MODES, rows_of, show_embedders, show_yields

Asked = tuple[Prompt, Options]
SPARE, MOST_SPARE = 1.2, 3
"""More samples are asked of the untuned base than its yield says, but not more than thrice."""


def ablate(settings: StepSettings, prompt_count: int) -> None:
    """Write `ablation.json` of a finished run, print it, and write the report again.

    Raises BadInput with all that the run lacks before anything is asked.
    """
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
    if faults := [*lacking(run), *too_few_topics(run.recipe, prompt_count)]:
        raise BadInput("\n".join(faults))
    work = Work("ablation", run, settings)
    with beating(work.name), claimed(run.folder, work.name):
        _ablate(work, prompt_count)
    REPORT(settings)


def _ablate(work: Work, prompt_count: int) -> None:
    yields = asyncio.run(compare_yields(work, prompt_count))
    show_yields(yields)
    base_yield = next(
        row["valid"] / row["asked"] for row in yields if row["constrained"] and row["model"] == BASE
    )
    count = sum(1 for _ in work.run.rows(Row, "dataset"))
    embedders = compare_embedders(work, asyncio.run(unaligned_rows(work, count, base_yield)))
    show_embedders(embedders)
    found = {"yields": yields, "embedders": embedders}
    write_whole(work.run.folder / "ablation.json", json.dumps(found, indent=1))


async def compare_yields(work: Work, prompt_count: int) -> list[dict[str, Any]]:
    """Valid samples of each model on the same held-out prompts, with and without the schema."""
    prompts = await held_out_prompts(work, prompt_count)
    found = []
    for role in (BASE, "junior", "senior"):
        candidates = await written_by(work, role, in_both_modes(work, prompts))
        found += rows_of(role, [candidate.reason for candidate in candidates])
    reasons = await after_revisor(work, in_both_modes(work, prompts), candidates)
    return [*found, *rows_of("senior+revisor", reasons)]


def in_both_modes(work: Work, prompts: Sequence[Prompt]) -> list[Asked]:
    """Every prompt without the schema, then every prompt with it."""
    return [(prompt, how(work, constrained=mode)) for mode in MODES for prompt in prompts]


def how(work: Work, *, constrained: bool) -> Options:
    """Sampled as the data set is."""
    return Options(constrained=constrained, temperature=work.run.recipe.synthesize.temperature)


async def written_by(work: Work, role: str, asked: Sequence[Asked]) -> list[Candidate]:
    """One completion of each prompt."""
    found = await generate_all(work, asked, Tally(), role=role)
    return [each[0] for each in found]


async def after_revisor(
    work: Work, asked: Sequence[Asked], candidates: Sequence[Candidate]
) -> list[str]:
    """Why a prompt has no valid sample after revision; empty when revision or draft is valid."""
    drafts = [
        with_readable_sample(candidate, prompt)
        for candidate, (prompt, _) in zip(candidates, asked, strict=True)
    ]
    samples = [
        (prompt, draft.sample, options)
        for draft, (prompt, options) in zip(drafts, asked, strict=True)
        if draft.sample
    ]
    revised = iter(await revise_all(work, samples, Tally()))
    reasons = []
    for draft in drafts:
        is_mended = draft.sample is not None and not next(revised).reason
        reasons.append("" if is_mended else draft.reason)
    return reasons


async def unaligned_rows(work: Work, count: int, base_yield: float) -> list[Row]:
    """At most `count` valid rows, each once, of the untuned generator under the schema."""
    recipe = work.run.recipe
    wanted = math.ceil(count * min(SPARE / max(base_yield, 0.01), MOST_SPARE))
    prompts = prompts_for(work.run.read(Task, "tasks"), wanted, first=HELD_OUT, recipe=recipe)
    written = await written_by(work, BASE, [(p, how(work, constrained=True)) for p in prompts])
    rows = [
        row_from(Draft(prompt, each.sample, None, "", each.provenance, {}), each.sample)
        for prompt, each in zip(prompts, written, strict=True)
        if each.sample and not each.reason
    ]
    return list(islice(once(rows, Tally(), threshold=recipe.curate.near_duplicate), count))
