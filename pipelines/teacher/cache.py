"""The cache of answers that runs share: what any of them paid for is not paid for again."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from upath import UPath

from littlegiants.tasks import digest
from pipelines.chat_api.questions import Answer
from pipelines.cli.step_flags import OWN_TEACHERS
from pipelines.data.records import record_from
from pipelines.journal import Journal
from pipelines.journal.compaction import MANY, compact
from pipelines.journal.segments import SUFFIX
from pipelines.openai_client.address import checked_place
from pipelines.recipe.prices import price_of
from pipelines.storage.store import Store

INTERVAL_S = 1.0
"""The longest that an answer waits before another run can have it."""


class AnswerCache:
    """Answers of one endpoint under the content keys of their requests; a context manager.

    The folder, on any fsspec URL, holds segments as a journal does: each process adds its own.
    """

    def __init__(self, folder: UPath, endpoint: str) -> None:
        store, self._endpoint = Store(folder), endpoint
        if len(store.sizes(SUFFIX)) > MANY:
            compact(store)
        self._journal = Journal(folder, interval_s=INTERVAL_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._journal.close()

    def take(self, keys: Iterable[str]) -> Mapping[str, Answer]:
        """The answers that are there."""
        found = {key: self._journal.get(self._key(key)) for key in keys}
        return {key: record_from(Answer, value) for key, value in found.items() if value}

    async def put(self, key: str, answer: Answer) -> None:
        """Keep an answer, unless there is one."""
        self._journal.add(self._key(key), asdict(answer))
        await self._journal.store_when_due()

    def _key(self, key: str) -> str:
        return digest([self._endpoint, key])


def endpoint_name(place: str, model: str) -> str:
    """What tells the endpoints apart that may answer differently.

    A model of the price table is the same behind each port of a host, such as that of a proxy; by
    another name each address may have a model of its own.
    """
    if place in OWN_TEACHERS:
        return place
    parts = urlsplit(checked_place(place))
    address = parts.netloc.rpartition("@")[2].lower()
    host = address if price_of(model, None) is None else re.sub(r":\d+$", "", address)
    return urlunsplit((parts.scheme.lower(), host, parts.path.rstrip("/"), parts.query, ""))
