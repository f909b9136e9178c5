"""The client behind the only door to the openai library: requests out, replies and faults in."""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx2
import openai

from littlegiants.errors import BadInput
from pipelines.openai_client.address import OPENAI_URL
from pipelines.openai_client.chat_posts import PATH, REDIRECTS, ChatPosts, Posted, address_of
from pipelines.openai_client.connections import host_of, lost, proxy_for
from pipelines.openai_client.error_bodies import told_by
from pipelines.openai_client.faults import fault_of_status, outcome_of
from pipelines.openai_client.replies import Fault, FaultKind, Reply

Replies = Callable[[Mapping[str, Any]], tuple[int, Mapping[str, Any]]]
"""A request in, HTTP status and body out."""

CONNECT_S = 30.0
"""The longest that a connection may take, within half of the time for an answer."""


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
        self._endpoint = endpoint
        self._timeout_s, self._connect_s = timeout_s, min(CONNECT_S, timeout_s / 2)
        self._proxy = proxy_for(endpoint.url or OPENAI_URL) if not endpoint.replies else None
        self._trusted = _trusted()
        common: dict[str, Any] = {"api_key": endpoint.key, "max_retries": 0}
        common["timeout"] = httpx2.Timeout(timeout_s, connect=self._connect_s)
        common["default_headers"] = endpoint.headers
        # as the library makes it, but by the one proxy that is meant for this endpoint, or by none
        common["http_client"] = openai.DefaultAsyncHttpxClient(
            proxy=self._proxy, trust_env=False, verify=self._trusted
        )
        self.openai: openai.AsyncOpenAI
        if endpoint.azure_api_version:
            self.openai = openai.AsyncAzureOpenAI(
                azure_endpoint=endpoint.url, api_version=endpoint.azure_api_version, **common
            )
        else:
            self.openai = openai.AsyncOpenAI(base_url=endpoint.url or OPENAI_URL, **common)
        self.url = str(self.openai.base_url)
        self._opening = asyncio.Lock()
        self._posts: ChatPosts | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._posts:
            await self._posts.close()
        await self.openai.close()

    async def complete(self, request: Mapping[str, Any]) -> Reply | Fault:
        """What the endpoint says to one request, within the time limit, tried once."""
        if self._endpoint.replies:
            status, body = self._endpoint.replies(request)
            return outcome_of(body) if status < 300 else fault_of_status(status, body, {})
        try:
            posted = await self._posted(request)
        except openai.APIError as error:
            return self.fault_of(error)
        except aiohttp.ConnectionTimeoutError:
            return self._late(is_paid=False)
        except TimeoutError:
            return self._late(is_paid=True)
        except aiohttp.ClientError as error:
            return lost(error, self.url)
        if posted.status >= 300:
            return fault_of_status(posted.status, posted.body, posted.headers)
        try:
            return outcome_of(json.loads(posted.body))
        except (ValueError, RecursionError):
            return _no_json(posted.body)

    async def _posted(self, request: Mapping[str, Any]) -> Posted:
        posts = self._posts or await self._opened()
        posted = await posts(request)
        if posted.status not in REDIRECTS:
            return posted
        # the library follows it, and knows what of the key may go to another host
        async with asyncio.timeout(self._timeout_s):
            reply = await self.openai.post(PATH, body=request, cast_to=httpx2.Response)
        return Posted(reply.status_code, reply.headers, reply.content)

    async def _opened(self) -> ChatPosts:
        async with self._opening:
            if not self._posts:
                address = await address_of(self.openai, self._endpoint.model)
                how: Any = {"proxy": self._proxy, "trusted": self._trusted}
                timeout = aiohttp.ClientTimeout(self._timeout_s, connect=self._connect_s)
                self._posts = ChatPosts(address, timeout=timeout, **how)
        return self._posts

    def _late(self, *, is_paid: bool) -> Fault:
        what = f"answer within {self._timeout_s:g}" if is_paid else ""
        what = what or f"connection within {self._connect_s:g}"
        message = f"no {what} s from {host_of(self.url)}"
        return Fault(FaultKind.TIMED_OUT, message, is_paid=is_paid)

    def fault_of(self, error: openai.APIError) -> Fault:
        """The fault that an error of the library tells of."""
        if isinstance(error, openai.APIStatusError):
            response = error.response
            return fault_of_status(error.status_code, response.content, response.headers)
        fault = lost(error, self.url)
        is_late = isinstance(error, openai.APITimeoutError)
        return self._late(is_paid=fault.is_paid) if is_late else fault


def _trusted() -> ssl.SSLContext:
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        raise BadInput(f"SSL_CERT_FILE, SSL_CERT_DIR: {error}; name certificates") from error


def _no_json(body: bytes) -> Fault:
    """The fault of a body that cannot be read; a page is a gateway's, and free."""
    if body.startswith(b"data:"):
        message = "a stream of events; teacher.extra_body={stream: false} may prevent it"
        return Fault(FaultKind.PASSING, message, is_paid=True)
    words = told_by(body).text or "nothing"
    is_page = body.lstrip().startswith(b"<")
    return Fault(FaultKind.PASSING, f"a body that is not JSON: {words}", is_paid=not is_page)
