"""An endpoint of this machine that answers each question after half a second.

    python -m tests.bench.asking.endpoint

It says its port; then, for each line that it is told, what it has seen since the line before.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

WAIT_S = 0.5
ANSWER = {"text": "the quick brown fox jumps over a lazy dog while nobody looks at it " * 6}
"""Of a usual length."""
LOOK = b'"messages": []'
"""A request of this kind asks nothing: one looks at the headers of what comes back."""


@dataclass(slots=True)
class Seen:
    """Answers given; when the first question came and the last answer left; the most at once."""

    count: int = 0
    began: float = 0.0
    ended: float = 0.0
    now: int = 0
    most: int = 0


class Endpoint:
    """What OpenAI's chat API answers, late."""

    def __init__(self) -> None:
        self._seen, self._body = Seen(), json.dumps(completion()).encode()

    async def answer(self, request: web.Request) -> web.Response:
        """A completion."""
        if LOOK not in await request.read():
            seen = self._seen
            seen.began = seen.began or time.perf_counter()
            seen.now += 1
            seen.most = max(seen.most, seen.now)
            await asyncio.sleep(WAIT_S)
            seen.now -= 1
            seen.count += 1
            seen.ended = time.perf_counter()
        return web.Response(body=self._body, content_type="application/json")

    def told(self) -> str:
        """What it has seen since it told it last."""
        seen, self._seen = self._seen, Seen()
        return json.dumps(asdict(seen))


def completion() -> dict[str, Any]:
    """With everything that a peer may look for."""
    message = {"role": "assistant", "content": json.dumps(ANSWER), "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 60, "completion_tokens": 90, "total_tokens": 150},
    }


async def serve() -> None:
    """Until the standard input ends."""
    endpoint, app = Endpoint(), web.Application()
    app.router.add_post("/v1/chat/completions", endpoint.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    print(runner.addresses[0][1], flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(endpoint.told(), flush=True)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
