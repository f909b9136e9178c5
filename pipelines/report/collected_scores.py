"""The scores of an evaluation's parts, put together: a row a task, in the recipe's order."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from littlegiants.errors import BadInput
from pipelines.report.score_means import plain_means, score_means
from pipelines.run.folder import Run
from pipelines.run.stages import RESULTS, part_name
from pipelines.storage.atomic_writes import write_whole

SCORES, KEYS, RUN_SETTINGS = "scores.json", "keys", "run_settings.jsonl"


def collected_scores(run: Run) -> list[dict[str, Any]]:
    """The parts' rows: `task`, `kind`, `metric`, `trained`, and `base` where it was scored.

    Raises BadInput when a part is missing, was made of another number of parts, or scored another
    embedder than the first.
    """
    parts = _parts_of(run)
    rows = {row["task"]: row for part in parts for row in part["scores"]}
    return [rows[task] for task in parts[0]["tasks"] if task in rows]


def write_scores(run: Run, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `scores.json`, and beside mteb's results how each was made, as one process has it."""
    found = {"scores": rows, "means": [plain_means(each) for each in score_means(rows)]}
    write_whole(run.folder / SCORES, json.dumps(found, indent=1) + "\n")
    folder = run.folder / RESULTS
    for path in sorted((folder / KEYS).glob("*/*")):
        settings = [json.loads(each.read_text("utf-8"))["settings"] for each in path.glob("*.json")]
        text = "".join(f"{line}\n" for lines in settings for line in lines)
        write_whole(folder / "results" / path.parent.name / path.name / RUN_SETTINGS, text)


def _parts_of(run: Run) -> list[dict[str, Any]]:
    count = run.recipe.evaluate.shard_count
    found: list[dict[str, Any]] = []
    for shard in range(count):
        detail = (run.stage(f"evaluate-{shard}") or {}).get("detail", {})
        is_same = detail.get("part") == part_name(shard, count)
        if not is_same or not _fits(detail, found):
            raise BadInput(
                f"evaluate: the scores of part {shard} of {count} are missing, or of another "
                f"embedder; run `python -m pipelines.steps.evaluate --shard {shard}` again"
            )
        found.append(detail)
    return found


def _fits(detail: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a part scored the same models as those before; it may have had no task."""
    known = {each["model"]: each["revision"] for part in before for each in part["all"]}
    return all(known.get(e["model"], e["revision"]) == e["revision"] for e in detail["all"])
