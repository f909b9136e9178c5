"""The client behind the only door to the openai library: requests out, replies and faults in."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai

from littlegiants.errors import BadInput
from pipelines.openai_client.address import OPENAI_URL
from pipelines.openai_client.connections import host_of, lost, proxy_for
from pipelines.openai_client.error_bodies import told_by
from pipelines.openai_client.faults import fault_of_status, outcome_of
from pipelines.openai_client.replies import Fault, FaultKind, Reply

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


class TeacherClient:
    """Speaks with one endpoint; `openai` is for the other parts of this door."""

    def __init__(self, endpoint: Endpoint, timeout_s: float) -> None:
        common: dict[str, Any] = {"api_key": endpoint.key, "max_retries": 0, "timeout": timeout_s}
        common["default_headers"] = endpoint.headers
        common["http_client"] = _http_client(endpoint)
        self.openai: openai.AsyncOpenAI
        if endpoint.azure_api_version:
            self.openai = openai.AsyncAzureOpenAI(
                azure_endpoint=endpoint.url, api_version=endpoint.azure_api_version, **common
            )
        else:
            self.openai = openai.AsyncOpenAI(base_url=endpoint.url or OPENAI_URL, **common)
        self.url = str(self.openai.base_url)
        self._timeout_s = timeout_s

    async def close(self) -> None:
        """Close the connections."""
        await self.openai.close()

    async def complete(self, request: Mapping[str, Any]) -> Reply | Fault:
        """What the endpoint says to one request, within the time limit, tried once."""
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self.openai.chat.completions.with_raw_response.create(
                    model=request["model"], messages=request["messages"], extra_body=request
                )
            return outcome_of(json.loads(reply.content))
        except openai.APIError as error:
            return self.fault_of(error)
        except TimeoutError:
            return self._late(is_paid=True)
        except (ValueError, RecursionError):
            return _no_json(reply.content)

    def _late(self, *, is_paid: bool) -> Fault:
        what = "answer" if is_paid else "connection"
        message = f"no {what} within {self._timeout_s:g} s from {host_of(self.url)}"
        return Fault(FaultKind.TIMED_OUT, message, is_paid=is_paid)

    def fault_of(self, error: openai.APIError) -> Fault:
        """The fault that an error of the library tells of."""
        if isinstance(error, openai.APIStatusError):
            response = error.response
            return fault_of_status(error.status_code, response.content, response.headers)
        fault = lost(error, self.url)
        is_late = isinstance(error, openai.APITimeoutError)
        return self._late(is_paid=fault.is_paid) if is_late else fault


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
    if body.startswith(b"data:"):
        message = "a stream of events; teacher.extra_body={stream: false} may prevent it"
        return Fault(FaultKind.PASSING, message, is_paid=True)
    words = told_by(body).text or "nothing"
    is_page = body.lstrip().startswith(b"<")
    return Fault(FaultKind.PASSING, f"a body that is not JSON: {words}", is_paid=not is_page)
