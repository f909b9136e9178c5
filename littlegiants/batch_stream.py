"""The stream of a batch: results as they come, and whether all of them came."""

from collections.abc import AsyncGenerator
from typing import Any

from littlegiants.connection import translated_errors
from littlegiants.errors import Unavailable


async def whole_batch(address: str, call: Any) -> AsyncGenerator[Any, None]:
    """The result messages of a batch; leaving early cancels the call.

    Raises BadInput when the batch is refused, Unavailable when there is no answer in time, or when
    it ends before its summary or has fewer results than that counts: then it was cut.
    """
    count, expected = 0, None
    try:
        with translated_errors(address):
            async for message in call:
                if message.HasField("summary"):
                    expected = message.summary.result_count
                else:
                    count += 1
                    yield message.result
    finally:
        call.cancel()
    if count != expected:
        raise Unavailable(f"{address}: the answer was cut after {count} results; ask for the rest")
