"""Answers that runs share: a question that any of them paid for is not paid for again."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict

from upath import UPath

from pipelines.questions import Answer
from pipelines.run import record_from, write_whole

READERS = 32


class AnswerCache:
    """One file for each answer, under the content key of its request; on any fsspec URL."""

    def __init__(self, folder: UPath) -> None:
        self._folder = folder

    async def take(self, keys: list[str]) -> Mapping[str, Answer]:
        """The answers that are there."""
        free = asyncio.Semaphore(READERS)

        async def read(key: str) -> Answer | None:
            async with free:
                return await asyncio.to_thread(self._read, key)

        found = await asyncio.gather(*(read(key) for key in keys))
        return {key: answer for key, answer in zip(keys, found, strict=True) if answer}

    async def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; of two runs that put one at once, the last one's stays."""
        await asyncio.to_thread(self._write, key, answer)

    def _path(self, key: str) -> UPath:
        return self._folder / key[:2] / f"{key}.json"

    def _read(self, key: str) -> Answer | None:
        try:
            value = json.loads(self._path(key).read_text(encoding="utf-8"))
            return record_from(Answer, value)
        except (FileNotFoundError, ValueError):
            return None  # one that cannot be read is asked for again, and written anew

    def _write(self, key: str, answer: Answer) -> None:
        part = self._folder / "parts" / f"{uuid.uuid4().hex}.json"
        text = json.dumps(asdict(answer))
        if part.protocol not in ("", "file", "local"):
            write_whole(self._path(key), text)
            return
        write_whole(part, text)
        self._path(key).parent.mkdir(parents=True, exist_ok=True)
        part.rename(self._path(key))
