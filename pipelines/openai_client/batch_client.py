"""The openai library's part that knows files and batches, where a provider has them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, TypeVar

import openai

from littlegiants.errors import Unavailable
from pipelines.openai_client.batch_results import Results, results_in
from pipelines.openai_client.batch_status import Batch, batch_from, refuses_size
from pipelines.openai_client.client import TeacherClient
from pipelines.openai_client.replies import Fault, FaultKind

RETRIES = 6
STARTS, PAUSE_S = 4, 1.0
"""How often a batch is begun of which it is sure that it has not begun, and the first pause."""
PAGE, MOST_PAGES = 100, 100
TAG = "littlegiants"
"""Key of a batch's metadata under which we find it again."""
BATCHES = "/batches"
Result = TypeVar("Result")


class BatchClient:
    """Files and batches of one endpoint; each call gives a fault where it is refused."""

    def __init__(self, teacher: TeacherClient) -> None:
        self._teacher = teacher
        self._patient = teacher.openai.with_options(max_retries=RETRIES)
        is_azure = isinstance(teacher.openai, openai.AsyncAzureOpenAI)
        self.path = "/chat/completions" if is_azure else "/v1/chat/completions"
        """Of each request, as its line and its batch name it."""

    async def upload(self, lines: bytes, tag: str) -> str | Fault:
        """Store a file of requests; gives its id."""
        named = (f"{tag}.jsonl", lines)
        stored = await self._told(self._patient.files.create(file=named, purpose="batch"))
        return stored if isinstance(stored, Fault) else str(stored.id)

    async def start(self, file_id: str, tag: str) -> Batch | Fault:
        """Begin a batch of a file: one, whatever is lost on the way.

        Raises Unavailable when nobody can tell whether it has begun.
        """
        window = {"endpoint": self.path, "completion_window": "24h"}
        body: dict[str, Any] = {"input_file_id": file_id, **window, "metadata": {TAG: tag}}
        for turn in range(STARTS):
            begun = await self._told(self._teacher.openai.post(BATCHES, body=body, cast_to=object))
            if not isinstance(begun, Fault):
                return batch_from(begun)
            fault = begun
            if "metadata" in fault.message and not fault.is_passing and body.pop("metadata", None):
                continue
            if refuses_size(fault) or not fault.is_passing:
                break
            await asyncio.sleep(fault.retry_after_s or PAUSE_S * 2**turn)
            if may_have_begun(fault) and (found := await self.find(file_id, tag)):
                return found
        return fault

    async def find(self, file_id: str, tag: str) -> Batch | None:
        """The batch that was begun of a file, if there is one.

        Raises Unavailable when the provider does not list its batches.
        """
        async for listed in self._listed():
            metadata = listed.get("metadata")
            is_tagged = isinstance(metadata, Mapping) and metadata.get(TAG) == tag
            if is_tagged or (file_id and listed.get("input_file_id") == file_id):
                return batch_from(listed)
        return None

    async def _listed(self) -> AsyncIterator[Mapping[str, Any]]:
        query: dict[str, Any] = {"limit": PAGE}
        for _ in range(MOST_PAGES):
            options: Any = {"params": query}
            page = await self._told(self._patient.get(BATCHES, cast_to=object, options=options))
            if not isinstance(page, Mapping):
                words = page.message if isinstance(page, Fault) else "no list"
                raise Unavailable(
                    f"teacher.batch: its batches cannot be listed ({words}), so whether one was "
                    "begun is not known; start the same command again later"
                )
            rows = [row for row in page.get("data") or [] if isinstance(row, Mapping)]
            for row in rows:
                yield row
            if not rows or not page.get("has_more"):
                return
            query["after"] = rows[-1].get("id")

    async def look(self, batch_id: str) -> Batch | Fault:
        """Where a batch stands."""
        path = f"{BATCHES}/{batch_id}"
        found = await self._told(self._patient.get(path, cast_to=object))
        return found if isinstance(found, Fault) else batch_from(found)

    async def results(self, file_id: str) -> Results | Fault:
        """What a batch's output or error file holds."""
        found = await self._told(self._patient.files.content(file_id))
        return found if isinstance(found, Fault) else results_in(found.content)

    async def _told(self, call: Awaitable[Result]) -> Result | Fault:
        try:
            return await call
        except openai.APIError as error:
            return self._teacher.fault_of(error)
        except json.JSONDecodeError as error:
            raise Unavailable(
                f"teacher.batch: an answer that is not JSON ({error}); start the same command "
                "again later"
            ) from error


def may_have_begun(fault: Fault) -> bool:
    """Whether a request that failed so may have been acted on all the same."""
    is_sent = fault.is_paid or fault.status >= 500 or fault.status in (408, 409)
    return is_sent and fault.kind is not FaultKind.BUSY
