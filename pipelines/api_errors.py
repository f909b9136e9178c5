"""What an API of the cluster says when it refuses."""

import json
from typing import Protocol


class Refused(Protocol):
    """The error of a generated API client."""

    status: int | None
    reason: str | None
    body: str | None


def said(error: Refused) -> str:
    """The API's own words."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        return str(error.reason or "no reason given")
