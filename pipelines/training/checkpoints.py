"""Checkpoints that are taken up again only if they are whole and of the same run."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch.distributed as distributed
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from pipelines.recipe.training_sections import OptimizerSettings
from pipelines.storage.digests import file_digests
from pipelines.training.rows import Example, Pair, TrainingRun, Triplet

SEAL = "seal.json"
"""Written last into a checkpoint: the run's digest and that of each file."""


def rows_digest(rows: Iterable[Example | Pair | Triplet]) -> str:
    """SHA-256 of rows, one after another: they need not fit in memory."""
    found = sha256()
    for row in rows:
        found.update(row_line(row))
    return found.hexdigest()


def row_line(row: Example | Pair | Triplet) -> bytes:
    """A row as it is digested."""
    return json.dumps(asdict(row), sort_keys=True).encode() + b"\n"


def run_digest(rows: str, run: TrainingRun[Any]) -> str:
    """SHA-256 of everything that decides a run's result; `rows` is the digest of what it learns."""
    told = {
        "rows": rows,
        "base": file_digests(run.base),
        "settings": run.settings.model_dump(mode="json", exclude=not_deciding(run.settings)),
        "seed": run.seed,
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def not_deciding(settings: OptimizerSettings) -> set[str]:
    """Fields that change no weight: how often is kept does where what is kept is averaged."""
    return set() if settings.averaged_checkpoints > 1 else {"checkpoint_steps"}


def newest_sealed(work: Path, run: str) -> Path | None:
    """The last checkpoint of `run` in `work` all of whose files are as they were written."""
    return next(sealed(work, run), None)


def sealed(work: Path, run: str) -> Iterator[Path]:
    """All such checkpoints, the last one first."""
    found = sorted(work.glob("checkpoint-*"), key=_step, reverse=True)
    return (checkpoint for checkpoint in found if is_sealed(checkpoint, run))


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def is_sealed(checkpoint: Path, run: str) -> bool:
    """Whether all files of a checkpoint of `run` are as they were written."""
    try:
        seal: Mapping[str, Any] = json.loads((checkpoint / SEAL).read_text())
    except (FileNotFoundError, ValueError):
        return False
    return seal == _seal(checkpoint, run)


def _seal(checkpoint: Path, run: str) -> dict[str, Any]:
    return {"run": run, "files": file_digests(checkpoint, leave_out=frozenset({SEAL}))}


class Seal(TrainerCallback):
    """Seals each checkpoint once its last file is written, by whichever process."""

    def __init__(self, run: str) -> None:
        self._run = run

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Write the seal of the checkpoint just saved."""
        if distributed.is_initialized():
            # each writes a file of random states, and waits for no other (transformers 5.19)
            distributed.barrier()
        if state.is_world_process_zero:
            checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            (checkpoint / SEAL).write_text(json.dumps(_seal(checkpoint, self._run)))
