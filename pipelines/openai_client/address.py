"""A teacher's address, key and headers, checked before anything is sent or charged."""

import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from littlegiants.errors import BadInput

PATHS = ("/chat/completions", "/completions", "/models", "/responses")
"""What a client adds to the base URL by itself."""
PRINTABLE = re.compile(r"[\x21-\x7e]+")
SCHEME = re.compile(r"https?://", re.IGNORECASE)


OPENAI = "openai"
OPENAI_URL = "https://api.openai.com/v1"


def checked_place(place: str, azure_api_version: str = "") -> str:
    """The base URL of a bought teacher's place.

    Raises BadInput naming the flag and the field.
    """
    if azure_api_version and place == OPENAI:
        raise BadInput(
            "teacher.azure_api_version: with it, --teacher (teacher.place) is the resource's URL, "
            "https://NAME.openai.azure.com"
        )
    return OPENAI_URL if place == OPENAI else checked_url(place)


def checked_url(url: str) -> str:
    """The base URL of an endpoint, as it is asked.

    Raises BadInput naming the flag and the field, and what is wrong.
    """
    url = url.strip()
    if wrong := _wrong_with(url):
        raise BadInput(
            f"--teacher (teacher.place): {shown(url)!r} {wrong}; write http://HOST:PORT/v1, "
            "https://HOST/v1, openai, local or recorded"
        )
    path = next((path for path in PATHS if url.rstrip("/").endswith(path)), "")
    return url.rstrip("/").removesuffix(path)


def _wrong_with(url: str) -> str:
    if not SCHEME.match(url):
        return "has no http:// or https:// before it"
    if not PRINTABLE.fullmatch(url):
        return "has a blank or a letter that no URL has"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"is no URL ({error})"
    if not host or not re.fullmatch(r"[\w.:-]+", host) or ".." in host:
        return "names no host"
    return "has a query or a fragment" if parts.query or parts.fragment else ""


def shown(url: str) -> str:
    """A URL as it may be printed: without a password."""
    return re.sub(r"//[^/@]*@", "//", url)


def key_from(variable: str, place: str) -> str:
    """The key of a bought teacher, from the environment; blanks around it are not part of it.

    Raises BadInput when there is none, or when it cannot be sent.
    """
    if not variable:
        return "none"
    key = os.environ.get(variable, "").strip()
    if not key:
        raise BadInput(f"{variable}: set it to the key of the teacher's endpoint ({place})")
    if not PRINTABLE.fullmatch(key):
        raise BadInput(f"{variable}: the key has a blank or a letter that no key has; set it anew")
    return key


def headers_from(headers: Mapping[str, str]) -> dict[str, str]:
    """The recipe's headers; a value `$NAME` is that variable's, so that secrets stay out of it.

    Raises BadInput when the variable is not set, or its value cannot be sent.
    """
    return {name: _value(name, value) for name, value in headers.items()}


def _value(name: str, value: str) -> str:
    if not value.startswith("$"):
        return value
    found = os.environ.get(value[1:], "").strip()
    if not found or not found.isascii() or not found.isprintable():
        raise BadInput(f"{value[1:]}: set it to the value of teacher.headers.{name}")
    return found
