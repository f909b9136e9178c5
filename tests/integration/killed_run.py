"""Training runs of the tiny model; as a program, one that is killed for each kind of training."""

import os
import signal
import sys
from pathlib import Path

from pipelines.recipe.training_sections import AlignSettings, EmbedSettings, FinetuneSettings
from pipelines.training.dpo import align
from pipelines.training.embedder import train_embedder
from pipelines.training.rows import Example, Pair, Trained, TrainingRun, TrainingStep, Triplet
from pipelines.training.sft import finetune

SIZES = {
    "batch_size": 4,
    "epochs": 2,
    "max_length": 96,
    "learning_rate": 1e-3,
    "checkpoint_steps": 2,
}
AVERAGED = {"averaged_checkpoints": 2}
"""The embedder's: a kill must not change which checkpoints its mean is made of."""
EXAMPLES = [Example(f"Say {n}.", f'{{"said": "{n * 7}"}}') for n in range(12)]
PAIRS = [Pair(f"Say {n}.", f'{{"said": "{n * 7}"}}', f"No, not {n}.") for n in range(12)]
TRIPLETS = [
    Triplet("Find its multiple.", kind, f"number {n}", f"it is {n * 7}", f"it is {n * 11}")
    for kind in ("retrieval", "classification")
    for n in range(6)
]


def train(kind: str, folder: Path, *, work: str, kill_at: int = 0) -> list[TrainingStep]:
    """Train `folder/tiny` with checkpoints in `folder/work` and the result in `folder/work-out`."""

    def report(step: TrainingStep) -> None:
        if step.step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def run(settings: Trained) -> TrainingRun[Trained]:
        base, out = folder / "tiny", folder / f"{work}-out"
        return TrainingRun(base, out, folder / work, settings, seed=3, report=report)

    if kind == "sft":
        return finetune(EXAMPLES, run(FinetuneSettings(micro_batch_size=2, **SIZES)))
    if kind == "dpo":
        return align(PAIRS, run(AlignSettings(micro_batch_size=2, **SIZES)))
    return train_embedder(TRIPLETS, run(EmbedSettings(mini_batch_size=2, **SIZES, **AVERAGED)))


def train_and_be_killed(kind: str, folder: Path, *, step: int) -> int:
    """The signal that ended a run of `kind` in a process of its own."""
    child = os.fork()
    if child == 0:
        train(kind, folder, work=f"{kind}-killed", kill_at=step)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    folder, step, *kinds = sys.argv[1:]
    for named in kinds:
        assert train_and_be_killed(named, Path(folder), step=int(step)) == signal.SIGKILL
