"""The teacher's budget: reserved before a request, settled after it, never passed."""

import asyncio
import random
import uuid
from collections.abc import Iterator, Mapping

from upath import UPath

from littlegiants.errors import OverBudget
from pipelines.budget.block import Block, Totals
from pipelines.budget.ledger import Ledger
from pipelines.budget.reservations import Entries, Reservations
from pipelines.budget.usage import Caps, Total, Usage, total_of

__all__ = ["Budget", "Caps", "Usage"]
INTERVAL_S = 1.0
"""The least time between two writes to the store."""


class Budget:
    """What a run has spent and may spend; caps for the run and its stages.

    Requests are taken from a block that the store has set aside for this process; the next one is
    asked for when it is used up. A crash leaves it counted in full: its requests may have been
    paid for. Each of several processes has a block of its own, which it writes first; then it adds
    all of them up, and gives its own back where the sum passes a cap.
    """

    def __init__(
        self,
        folder: UPath,
        caps: Caps,
        stage_caps: Mapping[str, Caps] | None = None,
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._caps, self._stage_caps, self._interval_s = caps, stage_caps or {}, interval_s
        self._ledger, self._files = Ledger(folder), Reservations(folder)
        self._block, self._writing = Block(interval_s), asyncio.Lock()
        self._others, self._own = self._ledger.others(), dict[str, Total]()
        self._open: dict[str, tuple[str, Usage]] = {}
        self._waiting: dict[str, tuple[str, Usage]] = {}

    @property
    def spent(self) -> Usage:
        """What was paid and what open reservations may still cost."""
        return self._sum("", self._own).usage()

    def spent_by(self, stage: str) -> Usage:
        """The same of one stage."""
        return self._sum(stage, self._own).usage()

    async def room(self, most: Usage, stage: str = "") -> None:
        """Wait until `reserve` need not ask the store, which is asked aside and seldom.

        Raises OverBudget when a cap would be passed.
        """
        self._check(most, stage)
        while not self._has_room(most, stage):
            ticket = uuid.uuid4().hex
            self._waiting[ticket] = (stage, most)
            try:
                async with self._writing:
                    if not self._has_room(most, stage):
                        self._check(most, stage)  # what stops the first need not stop each in turn
                        await self._ask_for_block(stage)
            finally:
                del self._waiting[ticket]
            self._check(most, stage)

    async def _ask_for_block(self, stage: str) -> None:
        await asyncio.sleep(self._block.wait_s)
        self._take_in(*await asyncio.to_thread(self._read))
        block = self._begun(list(self._waiting.values()), stage)
        if not self._granted(block, *await asyncio.to_thread(self._exchange, block)):
            await asyncio.to_thread(self._ledger.write, self._block.stages)
            await asyncio.sleep(random.random() * self._interval_s)

    def reserve(self, most: Usage, stage: str = "") -> str:
        """Set `most` aside for one request; gives the reservation's name.

        Raises OverBudget when a cap would be passed; then nothing is reserved.
        """
        self._check(most, stage)
        while not self._has_room(most, stage):
            self._take_in(*self._read())
            self._check(most, stage)
            block = self._begun([(stage, most)], stage)
            if not self._granted(block, *self._exchange(block)):
                self._ledger.write(self._block.stages)
            self._check(most, stage)
        name = uuid.uuid4().hex
        self._open[name] = (stage, most)
        self._book(stage, most)
        self._block.take()
        return name

    def settle(self, name: str, actual: Usage) -> None:
        """Replace a reservation, or what is left of it, by what the request cost."""
        if self._files.is_open(name):
            self._files.settle(name, actual)
            return
        stage, most = self._open.pop(name)
        self._book(stage, most, -1)
        self._book(stage, actual)
        self._block.learn(actual)

    async def reserve_file(self, most: Usage, stage: str = "") -> str:
        """As `reserve`, for a file of requests, which may outlive this process."""
        self._take_in(*await asyncio.to_thread(self._read))
        self._check(most, stage, self._block.stages)
        name = self._files.add(most, stage)
        await self.store()
        self._take_in(*await asyncio.to_thread(self._read))
        try:
            self._check(Usage(), stage, self._block.stages)
        except OverBudget:
            self._files.settle(name, Usage())
            await self.store()
            raise
        return name

    def settle_item(self, name: str, item: str, *, most: Usage, actual: Usage) -> None:
        """Replace one request's part of a file's reservation by its cost; once, however often."""
        self._files.settle_item(name, item, most=most, actual=actual)

    def is_open(self, name: str) -> bool:
        """Whether a reservation is not settled yet."""
        return name in self._open or self._files.is_open(name)

    async def store_when_due(self) -> None:
        """Store what became of files, where that has waited long enough."""
        await self._files.store_when_due()

    async def store(self) -> None:
        """Store what became of files."""
        await asyncio.to_thread(self._files.store)

    def close(self) -> None:
        """Store what became of everything, and give back what is left of the block."""
        self._files.close()
        self._ledger.write({stage: total.plus() for stage, total in self._own.items()})

    def _sum(self, stage: str, own: Totals) -> Total:
        """All processes' total of a stage, or of all stages; `own` is this one's part."""
        parts = (self._others, self._files.stages, own)
        return Total().plus(
            *(total for part in parts for name, total in part.items() if stage in ("", name))
        )

    def _check(self, most: Usage, stage: str, own: Totals | None = None) -> None:
        for field, caps, total in self._capped(stage, self._own if own is None else own):
            spent = total.plus(total_of([most])).usage()
            if passed := caps.first_passed(spent):
                raise OverBudget(
                    f"{field}.{passed}: with the next request, which may cost {most}, {spent} "
                    f"would be spent; raise the cap ({caps}) and start the same command again"
                )

    def _capped(self, stage: str, own: Totals) -> Iterator[tuple[str, Caps, Total]]:
        yield "teacher.caps", self._caps, self._sum("", own)
        if stage in self._stage_caps:
            field = f"teacher.stage_caps.{stage}"
            yield field, self._stage_caps[stage], self._sum(stage, own)

    def _fits(self, own: Totals) -> bool:
        """Whether no cap is passed when this process's part is `own`."""
        capped = (each for stage in ("", *own) for each in self._capped(stage, own))
        return not any(caps.first_passed(total.usage()) for _, caps, total in capped)

    def _has_room(self, most: Usage, stage: str) -> bool:
        own = self._own.get(stage, Total()).plus(total_of([most]))
        return self._block.covers(own, stage)

    def _begun(self, waiting: list[tuple[str, Usage]], stage: str) -> Totals:
        return self._block.begin(self._own, waiting, stage, fits=self._fits)

    def _exchange(self, block: Totals) -> tuple[Totals, Entries]:
        """Write the block, then read what the other processes have."""
        self._ledger.write(block)
        return self._read()

    def _read(self) -> tuple[Totals, Entries]:
        return self._ledger.others(), self._files.unread()

    def _take_in(self, others: Totals, entries: Entries) -> None:
        self._others = others
        self._files.take_in(entries)

    def _granted(self, block: Totals, others: Totals, entries: Entries) -> bool:
        self._take_in(others, entries)
        if self._fits(block):
            self._block.stages = block
        return self._block.stages is block

    def _book(self, stage: str, usage: Usage, sign: int = 1) -> None:
        self._own.setdefault(stage, Total()).add(usage, sign)
