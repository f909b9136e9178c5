"""The only door to the openai library: requests out, replies and faults in."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2
import openai

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from pipelines.openai_client.address import OPENAI_URL
from pipelines.openai_client.batch_results import Results, results_in
from pipelines.openai_client.connections import lost, proxy_for
from pipelines.openai_client.error_bodies import told_by
from pipelines.openai_client.faults import fault_of_status, outcome_of
from pipelines.openai_client.replies import Fault, FaultKind, Reply

BATCH_RETRIES = 6
ENDED = ("completed", "failed", "expired", "cancelled")
TAG = "littlegiants"
"""Key of a batch's metadata under which we find it again."""
Result = TypeVar("Result")
Replies = Callable[[Mapping[str, Any]], tuple[int, Mapping[str, Any]]]
"""A request in, HTTP status and body out."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a teacher answers; an empty `url` is api.openai.com."""

    url: str
    model: str
    key: str
    azure_api_version: str = ""
    """Set: `url` is an Azure OpenAI resource and `model` one of its deployments."""
    replies: Replies | None = None
    """Set: what answers in this process, in place of a server."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request, beside the key."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Where a batch stands; `files` are those with results, so far as there are any."""

    id: str
    status: str
    files: tuple[str, ...]
    message: str

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in ENDED


class TeacherClient:
    """Speaks with one endpoint."""

    def __init__(self, endpoint: Endpoint, timeout_s: float) -> None:
        common: dict[str, Any] = {"api_key": endpoint.key, "max_retries": 0, "timeout": timeout_s}
        common["default_headers"] = endpoint.headers
        common["http_client"] = _http_client(endpoint)
        self._client: openai.AsyncOpenAI
        if endpoint.azure_api_version:
            self._client = openai.AsyncAzureOpenAI(
                azure_endpoint=endpoint.url, api_version=endpoint.azure_api_version, **common
            )
        else:
            self._client = openai.AsyncOpenAI(base_url=endpoint.url or OPENAI_URL, **common)
        self.url = str(self._client.base_url)
        self._patient = self._client.with_options(max_retries=BATCH_RETRIES)
        self._timeout_s = timeout_s

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def complete(self, request: Mapping[str, Any]) -> Reply | Fault:
        """What the endpoint says to one request, within the time limit, tried once."""
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._client.chat.completions.with_raw_response.create(
                    model=request["model"], messages=request["messages"], extra_body=request
                )
            return outcome_of(json.loads(reply.content))
        except openai.APIConnectionError as error:
            return self._lost(error)
        except TimeoutError:
            return self._late(is_paid=True)
        except openai.APIStatusError as error:
            return fault_of(error)
        except (ValueError, RecursionError):
            return _no_json(reply.content)

    def _late(self, *, is_paid: bool) -> Fault:
        message = f"no answer within {self._timeout_s:g} s"
        return Fault(FaultKind.TIMED_OUT, message, is_paid=is_paid)

    def _lost(self, error: openai.APIConnectionError) -> Fault:
        fault = lost(error, self.url)
        is_late = isinstance(error, openai.APITimeoutError)
        return self._late(is_paid=fault.is_paid) if is_late else fault

    async def submit(self, lines: bytes, tag: str) -> str:
        """Upload a file of requests and start a batch of it; gives the batch's id."""
        files, batches = self._patient.files, self._patient.batches
        named = (f"{tag}.jsonl", lines)
        stored = await _expected(files.create(file=named, purpose="batch"))
        begun = batches.create(
            input_file_id=stored.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={TAG: tag},
        )
        return (await _expected(begun)).id

    async def find(self, tag: str) -> str | None:
        """The id of the batch that was submitted under `tag`, if there is one."""
        page = await _expected(self._patient.batches.list(limit=100))
        async for batch in page:
            if (batch.metadata or {}).get(TAG) == tag:
                return batch.id
        return None

    async def batch(self, batch_id: str) -> Batch:
        """Where a batch stands."""
        found = await _expected(self._patient.batches.retrieve(batch_id))
        errors = (found.errors.data or []) if found.errors else []
        files = tuple(each for each in (found.output_file_id, found.error_file_id) if each)
        told = "; ".join(error.message or "" for error in errors[:3])
        return Batch(found.id, found.status, files, told)

    async def results(self, file_id: str) -> Results:
        """What a batch's output or error file holds."""
        content = await _expected(self._patient.files.content(file_id))
        return results_in(content.content)


def _transport(replies: Replies) -> httpx2.MockTransport:
    def answer(request: httpx2.Request) -> httpx2.Response:
        status, body = replies(json.loads(request.content))
        return httpx2.Response(status, json=body)

    return httpx2.MockTransport(answer)


def _http_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    """As the library makes it, but by the one proxy that is meant for this endpoint, or by none."""
    if endpoint.replies:
        return httpx2.AsyncClient(transport=_transport(endpoint.replies))
    proxy = proxy_for(endpoint.url or OPENAI_URL)
    try:
        trusted = httpx2.create_ssl_context()
    except OSError as error:
        raise BadInput(f"SSL_CERT_FILE, SSL_CERT_DIR: {error}; name certificates") from error
    return openai.DefaultAsyncHttpxClient(proxy=proxy, trust_env=False, verify=trusted)


def _no_json(body: bytes) -> Fault:
    """The fault of a body that cannot be read; a page is a gateway's, and free."""
    words = told_by(body).text or "nothing"
    is_page = body.lstrip().startswith(b"<")
    return Fault(FaultKind.PASSING, f"a body that is not JSON: {words}", is_paid=not is_page)


def fault_of(error: openai.APIStatusError) -> Fault:
    """The fault that an error status tells of."""
    return fault_of_status(error.status_code, error.response.content, error.response.headers)


async def _expected(call: Awaitable[Result]) -> Result:
    """The result of a call about batches, which the library has tried several times."""
    try:
        return await call
    except openai.APIStatusError as error:
        raise _raised(fault_of(error)) from error
    except openai.APIConnectionError as error:
        raise Unavailable(f"teacher: {error}; start the same command again later") from error


def _raised(fault: Fault) -> LittleGiantsError:
    if fault.is_passing:
        return Unavailable(f"teacher: {fault.message}; start the same command again later")
    return BadInput(f"teacher.batch: {fault.message}; leave it out where there is no batch API")
