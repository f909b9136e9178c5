"""Who may call: a folder of tokens, one file for each caller, named after the caller."""

import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path

from littlegiants.errors import BadInput

CALLER: ContextVar[str] = ContextVar("caller", default="")
"""Name of the caller whose call this is; empty where no token is asked for."""
LOOK_S = 1.0
"""Between two looks at the folder."""

log = logging.getLogger(__name__)


class Unauthenticated(BadInput):
    """The call has no token, or one that nobody holds."""


class Callers:
    """Tells callers by their tokens, of which only SHA-256 digests are kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests = read_digests(folder)
        self._looked = time.monotonic()

    def name_of(self, token: str) -> str | None:
        """The caller who holds `token`; None if nobody does. A change of the folder counts."""
        self._look_again()
        given = _digest(token.encode())
        name = None
        for each, known in self._digests.items():
            # every one is compared, so that the time taken says nothing about the token
            if hmac.compare_digest(known, given):
                name = each
        return name

    def _look_again(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        try:
            found = read_digests(self._folder)
        except BadInput as error:
            if self._digests:
                log.error("nobody is let in: %s", error)
            found = {}
        if found != self._digests and found:
            log.info("tokens changed; callers are now %s", ", ".join(found))
        self._digests = found


def read_digests(folder: Path) -> Mapping[str, bytes]:
    """SHA-256 of each caller's token, by the caller's name.

    Raises BadInput when the folder holds no token.
    """
    try:
        files = sorted(path for path in folder.iterdir() if _is_token(path))
        tokens = {path.name: path.read_bytes().strip() for path in files}
    except OSError as error:
        raise BadInput(f"tokens: {folder} cannot be read ({error}); mount the secret") from error
    if not any(tokens.values()):
        raise BadInput(
            f"tokens: {folder} holds no token; put one file into it for each caller, "
            "named after the caller and holding the caller's token"
        )
    return {name: _digest(token) for name, token in tokens.items() if token}


def _is_token(path: Path) -> bool:
    # a mounted Kubernetes Secret has its versions in folders whose names begin with ".."
    return not path.name.startswith(".") and path.is_file()


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
