"""Requests of a client, as messages on the wire."""

from typing import Any, TypedDict

from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from littlegiants.v1 import generator_pb2, revisor_pb2, sample_pb2
from littlegiants.wire import sample_to_wire, task_to_wire


class Options(TypedDict, total=False):
    """What a call may set; the rest is the server's default."""

    constrained: bool
    max_attempts: int
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    priority: int
    min_weights_version: int
    timeout_s: float
    """Deadline of the call, retries included; default 600."""
    wait_for_ready: bool
    """Whether a call waits, within its deadline, for a server that cannot be reached, one that
    restarts say. By default a single call fails soon, and one of many waits."""


def generate_request(prompt: Prompt, count: int, options: Options) -> generator_pb2.GenerateRequest:
    """`count` candidates of `prompt`.

    Raises BadInput when its attributes will not do.
    """
    return generator_pb2.GenerateRequest(count=count, **_fields(prompt, options))


def revise_request(prompt: Prompt, draft: Sample, options: Options) -> revisor_pb2.ReviseRequest:
    """A revision of `draft`.

    Raises BadInput when the prompt's attributes will not do.
    """
    return revisor_pb2.ReviseRequest(sample=sample_to_wire(draft), **_fields(prompt, options))


def _fields(prompt: Prompt, options: Options) -> dict[str, Any]:
    """Fields that both requests have."""
    sampling = sample_pb2.SamplingOptions(
        temperature=options.get("temperature"),
        top_p=options.get("top_p"),
        max_tokens=options.get("max_tokens"),
    )
    return {
        "request_id": prompt.id,
        "task": task_to_wire(prompt.task, prompt.attributes),
        "seed": prompt.seed,
        "sampling": sampling,
        "constrained": options.get("constrained"),
        "max_attempts": options.get("max_attempts"),
        "priority": options.get("priority"),
        "min_weights_version": options.get("min_weights_version"),
    }
