"""The API of Kubeflow Pipelines: what it is asked, and what its refusals mean."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from littlegiants.errors import BadInput, Unavailable
from pipelines.step_progress import say

Result = TypeVar("Result")
PASSING = (408, 409, 429)
"""Statuses below 500 that may be gone when asked again."""
EQUALS = 1
"""Number of the operation in the API's filters."""


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Where the API is and who asks; an empty field is not said."""

    host: str
    namespace: str = ""
    token: str = ""
    token_file: str = ""
    ca_file: str = ""
    ui: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A pipeline version that the API has."""

    pipeline_id: str
    version_id: str
    name: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is started with."""

    name: str
    experiment: str
    arguments: Mapping[str, str]
    service_account: str = ""
    pipeline_root: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a recurring run starts: every so many seconds, or at the times of a cron expression."""

    every_s: int = 0
    cron: str = ""


def refusal(host: str, status: int | None, message: str) -> BadInput | Unavailable:
    """What a status of the API means to who started the command."""
    told = f"{host} answers {status}: {message}"
    if status in (401, 403):
        return BadInput(
            f"token, namespace: {told}; give a token that may use this namespace "
            "(LITTLEGIANTS_KFP_TOKEN or --token-file) and name it with --namespace"
        )
    if status and 400 <= status < 500 and status not in PASSING:
        return BadInput(f"host: {told}; mend what it names, or the address")
    return Unavailable(f"host: {told}; start the same command again later")


def patiently(ask: Callable[[], Result], limit_s: float) -> Result:
    """What `ask` gives, asked again while the API is away, for at most `limit_s` seconds."""

    def tell(state: RetryCallState) -> None:
        outcome = state.outcome.exception() if state.outcome else None
        say("kubeflow", f"{outcome}; asking again")

    return Retrying(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_random_exponential(max=min(15, max(limit_s / 4, 0.05))),
        stop=stop_after_delay(limit_s),
        before_sleep=tell,
        reraise=True,
    )(ask)


def version_name(version: str, compiled: bytes) -> str:
    """Name of a pipeline version: another graph has another name."""
    return f"{version}-{hashlib.sha256(compiled).hexdigest()[:12]}"


def names_of(version: str) -> Iterator[str]:
    """Names under which a version is uploaded once, and again."""
    yield version
    yield from (f"{version}-{number}" for number in count(2))


def run_name(run: str) -> str:
    """Name of a run where none is given: what it writes into, and when it was started."""
    return f"{run.rstrip('/').rpartition('/')[2]} {time.strftime('%Y-%m-%d %H:%M')}"


def named(name: str) -> str:
    """A filter of the API for what is called so."""
    predicate = {"operation": EQUALS, "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [predicate]})
