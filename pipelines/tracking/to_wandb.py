"""Weights & Biases is told of an entry; mode, address and key are in its own variables."""

import sys
from pathlib import Path

from pipelines.tracking.entries import Entry


def bounded(limit_s: int, place: Path) -> dict[str, str]:
    """Environment in which a server that is away costs little (wandb 0.31 would take 90 s)."""
    half = str(max(1, limit_s // 2))
    limits = {f"WANDB_{name}_TIMEOUT": half for name in ("INIT", "FINISH", "LOGIN")}
    return {"WANDB_SILENT": "true", "WANDB_DIR": str(place), **limits}


def curves(entry: Entry, told_id: str) -> dict[str, str]:
    """Environment in which the trainers' own callback adds to the entry's run."""
    return {
        "WANDB_PROJECT": entry.project,
        "WANDB_RUN_ID": told_id,
        "WANDB_RESUME": "allow",
        "WANDB_RUN_GROUP": entry.parent or entry.id,
    }


def put(entry: Entry) -> str:
    """Tell it; stages of a run stand in its group, for runs do not nest there."""
    import wandb

    run = wandb.init(
        project=entry.project,
        id=entry.id,
        name=entry.id,
        group=entry.parent or entry.id,
        job_type="stage" if entry.parent else "run",
        resume="allow",
        config={**entry.params, **entry.tags},
        settings=wandb.Settings(console="off"),
    )
    run.summary.update(dict(entry.metrics))
    for file in entry.files:
        run.log({Path(file).stem: wandb.Html(Path(file).read_text(encoding="utf-8"))})
    run.finish(exit_code=int(entry.state == "failed"))
    return entry.id


def close() -> None:
    """End the run that the trainers' callback began: it leaves that to the process's end."""
    wandb = sys.modules.get("wandb")
    if wandb and wandb.run:
        wandb.finish()
