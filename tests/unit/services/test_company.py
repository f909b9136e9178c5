"""A completion has company from its start to its end, and nobody talks to an empty room."""

import asyncio
from collections.abc import AsyncIterator

from services.generator.company import Company


class Room:
    """Counts who talks."""

    def __init__(self) -> None:
        self.talking = 0

    async def chat(self, share: float) -> AsyncIterator[object]:
        """Talk for a few steps."""
        self.talking += 1
        try:
            for _ in range(int(4 * share)):
                await asyncio.sleep(0)
                yield None
        finally:
            self.talking -= 1


async def test_two_talk_while_a_completion_is_under_way() -> None:
    room = Room()
    company = Company(room.chat)
    async with company.kept():
        for _ in range(50):
            await asyncio.sleep(0)
            assert room.talking >= 1
    assert room.talking == 0


async def test_completions_share_their_company() -> None:
    room = Room()
    company = Company(room.chat)
    async with company.kept():
        async with company.kept():
            assert room.talking <= 2
        assert room.talking >= 1
    assert room.talking == 0


async def test_a_dead_engine_holds_nobody_up() -> None:
    async def silent(share: float) -> AsyncIterator[object]:
        if share:
            raise RuntimeError("dead")
        yield None

    async with asyncio.timeout(1), Company(silent).kept():
        pass
