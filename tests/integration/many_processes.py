"""A program that each of several processes runs: one training of the tiny model over all of them.

python -m torch.distributed.run --standalone --nproc-per-node N -m \\
    tests.integration.many_processes FOLDER WORK KILL_AT KIND...
"""

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from pipelines.recipe.training_sections import AlignSettings, EmbedSettings, FinetuneSettings
from pipelines.training.dpo import align
from pipelines.training.embedder import train_embedder
from pipelines.training.rows import Example, Pair, Trained, TrainingRun, TrainingStep, Triplet
from pipelines.training.sft import finetune

KINDS = ("retrieval", "classification", "sts", "matching_short")
SIZES = {
    "batch_size": 8,
    "epochs": 2,
    "max_length": 96,
    "learning_rate": 1e-3,
    "checkpoint_steps": 2,
    "dtype": "float32",
    "lora": {"dropout": 0.0},  # each process draws its own
}
EXAMPLES = [Example(f"Say {n}.", f'{{"said": "{n * 7}"}}') for n in range(16)]
PAIRS = [Pair(f"Say {n}.", f'{{"said": "{n * 7}"}}', f"No, not {n}.") for n in range(16)]
TRIPLETS = [
    Triplet("Find its multiple.", kind, f"number {n}", f"it is {n * 7}", f"it is {n * 11}")
    for kind in KINDS
    for n in range(16)
]


def train(kind: str, folder: Path, *, work: str, kill_at: int = 0) -> list[TrainingStep]:
    """Train `folder/tiny` with checkpoints in `folder/WORK`; the first process may be killed."""

    def report(step: TrainingStep) -> None:
        if step.step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def run(settings: Trained) -> TrainingRun[Trained]:
        base, out = folder / "tiny", folder / f"{work}-out"
        return TrainingRun(base, out, folder / work, settings, seed=3, report=report)

    if kind == "sft":
        return finetune(EXAMPLES, run(FinetuneSettings(**SIZES)))
    if kind == "dpo":
        return align(PAIRS, run(AlignSettings(**SIZES)))
    return train_embedder(TRIPLETS, run(EmbedSettings(mini_batch_size=2, **SIZES)))


def main(folder: Path, work: str, kill_at: int, kinds: list[str]) -> None:
    """Train each kind; the first process writes down the steps."""
    for kind in kinds:
        steps = train(kind, folder, work=f"{work}-{kind}", kill_at=kill_at)
        if os.environ.get("RANK", "0") == "0":
            told = json.dumps([asdict(step) for step in steps])
            (folder / f"{work}-{kind}.json").write_text(told)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:])
