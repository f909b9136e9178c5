"""The accounts of a run: what its stages took, gave and cost."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.budget.usage import Usage
from pipelines.data.records import plain
from pipelines.run.folder import Run
from pipelines.run.resource_usage import gpu_hours
from pipelines.run.stages import RECORDED, SHARDED
from pipelines.teacher.endpoint import budget_of

PEAKS = ("peak_memory_bytes", "peak_gpu_memory_bytes", "gpus", "served_gpus")


def stage_records(run: Run) -> list[dict[str, Any]]:
    """Records of the finished stages in the order of the loop, the parts of one stage as one."""
    found = []
    for name in RECORDED:
        if name in SHARDED:
            count = getattr(run.recipe, name).shard_count
            shards = [run.stage(f"{name}-{n}") for n in range(count)]
            done = [shard for shard in shards if shard]
            found += [merged(name, done)] if done else []
        elif record := run.stage(name):
            found.append(record)
        if review := run.stage(f"review-{name}"):
            found.append(review)
    return found


def merged(name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Several shards' records as one stage: counts are added, peaks are those of one shard.

    `seconds` are those in which one of them ran at least, `shard_seconds` the sum; the generators
    that they ask are shared, so the GPUs of these count once.
    """
    whole: dict[str, Any] = {"name": name, "teacher": None}
    for record in records:
        whole = {**_added(whole, record), "name": name, "teacher": None}
    peaks = {peak: _most(record.get(peak) for record in records) for peak in PEAKS}
    seconds, served = wall_seconds(records), peaks["served_gpus"] or 0
    held = sum(gpu_hours(record["seconds"], record.get("gpus", 0)) for record in records)
    return {
        **whole,
        **peaks,
        "started": min(record["started"] for record in records),
        "seconds": seconds,
        "shard_seconds": whole["seconds"],
        "gpu_hours": round(held + gpu_hours(seconds, served), 6),
        "failed": [attempt for record in records for attempt in record["failed"]],
    }


def wall_seconds(records: Sequence[Mapping[str, Any]]) -> float:
    """Seconds in which at least one of these stages ran."""
    total, free = 0.0, 0.0
    for record in sorted(records, key=lambda record: str(record["started"])):
        began = datetime.fromisoformat(record["started"]).timestamp()
        ended = began + record["seconds"]
        total += max(0.0, ended - max(began, free))
        free = max(free, ended)
    return round(total, 1)


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _added(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    total = dict(left)
    for key, value in right.items():
        if isinstance(value, dict):
            total[key] = _added(total.get(key, {}), value)
        elif isinstance(value, int | float):
            total[key] = round(total.get(key, 0) + value, 1)
    return total


def teacher_of(run: Run, row_count: int, stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the teacher cost, and what it would cost to let it write every row itself."""
    told = {**plain(budget_of(run).spent), "caps": run.recipe.teacher.caps.model_dump()}
    if "seed" not in stages:
        return told
    model, baseline = stages["seed"]["detail"].get("model"), baseline_of(stages["seed"], row_count)
    return {**told, "model": model, "baseline": baseline}


def baseline_of(stage: Mapping[str, Any], row_count: int) -> dict[str, Any]:
    """What so many rows would cost from the teacher alone, by its seeds."""
    seed = bought(stage)
    each = 1 / max(seed.calls, 1)
    valid = stage["detail"]["valid"] or 1
    calls = round(row_count * seed.calls / valid)
    return {
        "calls": calls,
        "prompt_tokens": round(calls * seed.prompt_tokens * each),
        "completion_tokens": round(calls * seed.completion_tokens * each),
        "dollars": None if seed.dollars is None else calls * seed.dollars * each,
        "how": "as many valid rows as the data set has, each written by the teacher, "
        "at the yield and tokens a call of its seed samples",
    }


def cost_of_answers(stage: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the answers that a stage used cost; its ledger has other spending as well."""
    return stage.get("detail", {}).get("answers") or stage.get("teacher")


def bought(stage: Mapping[str, Any]) -> Usage:
    """What a stage's answers cost whoever bought them: this run, or the one that filled a cache."""
    saved = stage["detail"].get("cached", {}).get("saved", {})
    return Usage(**(cost_of_answers(stage) or {})) + Usage(**saved)


def yields_of(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Valid of asked samples for each writer, as they were asked in this run."""
    found = {}
    for writer, stage in {"teacher": "seed", "junior": "propose", "senior": "synthesize"}.items():
        detail = stages.get(stage, {}).get("detail", {})
        if "asked" in detail:
            found[writer] = {"asked": detail["asked"], "valid": detail["valid"]}
    drafts = stages.get("synthesize", {}).get("detail", {})
    if "revised" in drafts:
        asked = drafts.get("sent", drafts["valid"])
        found["revisor"] = {"asked": asked, "valid": drafts["revised"]}
    return found
