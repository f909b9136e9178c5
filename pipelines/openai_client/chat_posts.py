"""Chat requests over aiohttp, addressed as the openai library addresses them.

Through the library itself a request takes four times as much CPU as it takes to be sent: it is
copied, typed and checked part by part, and so is the answer.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2
import openai
from yarl import URL

PATH = "/chat/completions"
KEPT_S = 4.0
"""A connection is used again for so long: uvicorn, on which most servers run, closes it after 5."""
LONGEST_HEADER = 65536
REDIRECTS = (301, 302, 303, 307, 308)
OWN_HEADERS = ("host", "content-length", "connection", "accept-encoding")
"""Those that are written for each request."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """Where chat requests go, and the headers of each."""

    url: URL
    headers: Mapping[str, str]


class ChatPosts:
    """Posts to one address; as many connections as there are requests at once.

    `proxy` and `trusted` are whom it goes through and whose certificates are believed.
    """

    def __init__(
        self,
        address: Address,
        *,
        proxy: str | None,
        trusted: ssl.SSLContext,
        timeout: aiohttp.ClientTimeout,
    ) -> None:
        self._address, self._proxy = address, proxy
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=trusted, keepalive_timeout=KEPT_S),
            timeout=timeout,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )

    async def __call__(self, request: Mapping[str, Any]) -> Posted:
        """What comes back; a redirect is not followed.

        Raises aiohttp.ClientError and TimeoutError.
        """
        body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
        how: Any = {"headers": self._address.headers, "proxy": self._proxy}
        async with self._session.post(
            self._address.url, data=body, allow_redirects=False, **how
        ) as response:
            return Posted(response.status, response.headers, await response.read())

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


async def address_of(client: openai.AsyncOpenAI, model: str) -> Address:
    """Where the library sends a request for `model`, and with what: key, headers, query."""
    sent: list[httpx2.Request] = []

    def take(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(take), trust_env=False) as nowhere:
        alike = client.with_options(http_client=nowhere)
        await alike.post(PATH, body={"model": model}, cast_to=httpx2.Response)
    (request,) = sent
    headers = {name: each for name, each in request.headers.items() if name not in OWN_HEADERS}
    url = URL(str(request.url), encoded=True).with_user(None)
    return Address(url, headers)
