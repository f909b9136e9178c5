"""What alignment brings: yields on unseen prompts, embedders from aligned and unaligned data."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from upath import UPath

from littlegiants.checks import failed_checks
from littlegiants.client import Options
from littlegiants.tasks import Prompt, Task
from littlegiants.topics import choose_topics
from pipelines.allocation import HELD_OUT, prompts_for
from pipelines.deduplication import duplicates
from pipelines.fanout import generate_all, revise_all, with_readable_sample
from pipelines.models import local_model, trained_path
from pipelines.nouns import Candidate, Draft, Row
from pipelines.places import BASE
from pipelines.recipe import load_recipe
from pipelines.run import Run, Tally, write_whole
from pipelines.stage import StepSettings, Work
from pipelines.steps.brainstorm import all_topics, chosen_topics, tasks_for
from pipelines.steps.curate import row_of as row_from
from pipelines.steps.embed import triplet_of
from pipelines.steps.evaluate import scores_of
from pipelines.steps.report import STEP as REPORT
from pipelines.trainers import train_model
from pipelines.training.models import resolve_model

Asked = tuple[Prompt, Options]
MODES = (False, True)
"""Without and with the schema."""
SPARE = 2
"""The untuned base is asked for this many times the rows wanted: most are not valid."""


def ablate(settings: StepSettings, prompt_count: int) -> None:
    """Write `ablation.json` of a finished run, print it, and write the report again."""
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.set))
    work = Work("ablation", run, settings)
    yields = asyncio.run(compare_yields(work, prompt_count))
    embedders = compare_embedders(work)
    found = {"yields": yields, "embedders": embedders}
    write_whole(run.folder / "ablation.json", json.dumps(found, indent=1))
    for row in yields:
        mode = "schema" if row["constrained"] else "free"
        print(
            f"yield {row['model']:15} {mode:7} {row['valid']:4} of {row['asked']} {row['reasons']}"
        )
    for row in embedders:
        scores = "  ".join(f"{task} {value:.3f}" for task, value in row["scores"].items())
        print(f"embedder trained on {row['trained_on']:16} {row['rows']:4} rows  {scores}")
    REPORT(settings)


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


async def held_out_prompts(work: Work, count: int) -> list[Prompt]:
    """Prompts of new tasks on topics that the run did not choose."""
    recipe = work.run.recipe
    used = set(chosen_topics(recipe))
    topics = choose_topics([t for t in all_topics(recipe) if t not in used], count, recipe.seed)
    tasks = await tasks_for(work, list(topics), Tally())
    return prompts_for(tasks, count, first=HELD_OUT, recipe=recipe)


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


def rows_of(model: str, reasons: Sequence[str]) -> list[dict[str, Any]]:
    """Two lines of the yield table: without and with the schema."""
    half = len(reasons) // 2
    return [
        row_of(model, mode, part)
        for mode, part in zip(MODES, (reasons[:half], reasons[half:]), strict=True)
    ]


def row_of(model: str, constrained: bool, reasons: Sequence[str]) -> dict[str, Any]:
    """One line of the yield table."""
    faults = Counter(reason for reason in reasons if reason)
    valid = len(reasons) - faults.total()
    return {
        "model": model,
        "constrained": constrained,
        "asked": len(reasons),
        "valid": valid,
        "reasons": dict(faults.most_common()),
    }


def compare_embedders(work: Work) -> list[dict[str, Any]]:
    """The base untrained, trained on the data set, and on as many rows of the untuned generator."""
    from pipelines.training.embedder import base_embedder

    recipe = work.run.recipe
    aligned = work.run.read(Row, "dataset")
    unaligned = asyncio.run(unaligned_rows(work, len(aligned)))
    names = {"untrained base": 0, "unaligned base": len(unaligned), "aligned": len(unaligned)}
    models: dict[str, Any] = {
        "untrained base": base_embedder(
            resolve_model(recipe.models.embedder, work.models), recipe.embedder
        ),
        "unaligned base": _trained(work, "embedder-unaligned", unaligned),
        "aligned": local_model(work, "embedder"),
    }
    if len(unaligned) < len(aligned):
        models["aligned"] = _trained(work, "embedder-aligned", aligned[: len(unaligned)])
    scores = scores_of(work, models)
    return [
        {
            "trained_on": name,
            "rows": rows,
            "scores": {task: each[name].value for task, each in scores.items()},
        }
        for name, rows in names.items()
    ]


async def unaligned_rows(work: Work, count: int) -> list[Row]:
    """At most `count` valid rows, each once, of the untuned generator under the schema."""
    recipe = work.run.recipe
    prompts = prompts_for(
        work.run.read(Task, "tasks"), SPARE * count, first=HELD_OUT, recipe=recipe
    )
    asked = [(prompt, how(work, constrained=True)) for prompt in prompts]
    written = await written_by(work, BASE, asked)
    rows = [
        row_from(
            Draft(prompt, candidate.sample, None, "", candidate.provenance, {}), candidate.sample
        )
        for prompt, candidate in zip(prompts, written, strict=True)
        if candidate.sample and not failed_checks(candidate.sample, prompt)
    ]
    copies = duplicates((row.id, f"{row.query}\n{row.positive}") for row in rows)
    return [row for row in rows if row.id not in copies][:count]


def _trained(work: Work, name: str, rows: Sequence[Row]) -> Path:
    from pipelines.training.embedder import train_embedder

    recipe = work.run.recipe
    train_model(
        work,
        name,
        base=resolve_model(recipe.models.embedder, work.models),
        train=train_embedder,
        rows=[triplet_of(row) for row in rows],
        settings=recipe.embedder,
    )
    return trained_path(work, name)
