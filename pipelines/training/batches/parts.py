"""A batch in equal parts, one for each process; the rows that are left over are counted."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sentence_transformers.base.sampler import ProportionalBatchSampler
from torch import Generator
from torch.utils.data import BatchSampler, ConcatDataset

from pipelines.distributed.world import is_first, world_size
from pipelines.step_progress import say
from pipelines.training.batches.left_over import keep_left_over


class PartsOfBatches(ProportionalBatchSampler):
    """Each batch in as many equal parts, one after another, as there are processes.

    accelerate 1.15 deals what it is given to the processes in turn: given whole batches, they would
    have one of another group each, with other losses, and wait for each other for ever. Parts are
    equal because the documents of all processes are gathered; the rows that this leaves over, fewer
    than there are processes, sit out for an epoch.
    """

    def __init__(
        self,
        dataset: ConcatDataset[Any],
        batch_samplers: Sequence[BatchSampler],
        generator: Generator | None,
        seed: int,
    ) -> None:
        super().__init__(dataset, list(batch_samplers), generator, seed)
        self.parts = world_size()
        size: int = batch_samplers[0].batch_size
        rests = (len(rows) % size for rows in dataset.datasets)
        self.too_short = sum(0 < rest < self.parts for rest in rests)
        self.batch_size: int | None = None  # with one, accelerate drops the shorter batches
        self.work: Path | None = None
        """Where the rows that are left over are counted."""

    def __iter__(self) -> Iterator[list[int]]:
        dealt = 0
        for batch in super().__iter__():
            size = len(batch) // self.parts
            dealt += size * self.parts
            if size:
                yield from (batch[size * n : size * (n + 1)] for n in range(self.parts))
        self._count(len(self.dataset) - dealt)

    def _count(self, left_over: int) -> None:
        if not self.work or not is_first():
            return
        keep_left_over(self.work, self.epoch + 1, left_over)
        if left_over:
            told = f"{left_over:,} of {len(self.dataset):,} rows sit out of epoch {self.epoch + 1}"
            say(self.work.name, f"{told}: fewer of a kind than processes, or alike")

    def __len__(self) -> int:
        return (super().__len__() - self.too_short) * self.parts
