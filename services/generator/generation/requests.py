"""Requests from the wire as something to complete and to read; what will not do is refused here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS, length_of
from littlegiants.parsing import parse_revision, parse_sample
from littlegiants.prompts import (
    Template,
    revise_prompt,
    revise_template_of,
    synthesize_prompt,
    template_of,
)
from littlegiants.samples import Sample, revision_schema, sample_schema
from littlegiants.tasks import Prompt
from littlegiants.v1 import generator_pb2, revisor_pb2
from littlegiants.wire import prompt_from_wire, sample_from_wire
from services.generator.engine.protocol import CompletionRequest
from services.generator.settings import GeneratorSettings

MAX_WORDS = 4096
"""Longest text that may be asked for; the grammar grows with it."""

Value = TypeVar("Value")
Revision = tuple[str, Sample]
Request = generator_pb2.GenerateRequest | revisor_pb2.ReviseRequest


@dataclass(frozen=True, slots=True)
class Ask(Generic[Value]):
    """Something to write: how, how often to try, and how to read it (Unparsable if it is none)."""

    prompt: Prompt
    completion: CompletionRequest
    template: Template
    max_attempts: int
    priority: int
    min_version: int
    read: Callable[[str], Value]
    sample_of: Callable[[Value], Sample]


def asks_of_generate(
    request: generator_pb2.GenerateRequest, settings: GeneratorSettings
) -> list[Ask[Sample]]:
    """One ask for each candidate.

    Raises BadInput naming the field that will not do.
    """
    prompt = prompt_from_wire(request)
    kind = prompt.task.kind
    count = _counted(request, "count", settings.max_count)
    text = synthesize_prompt(prompt)
    schema = _schema(request, prompt, sample_schema)
    return [
        Ask(
            prompt=prompt,
            completion=_completion(request, text, schema, seed=prompt.seed + candidate),
            template=template_of(prompt),
            max_attempts=_counted(request, "max_attempts", settings.max_attempts),
            priority=request.priority,
            min_version=request.min_weights_version,
            read=lambda text: parse_sample(kind, text),
            sample_of=lambda sample: sample,
        )
        for candidate in range(count)
    ]


def ask_of_revise(request: revisor_pb2.ReviseRequest, settings: GeneratorSettings) -> Ask[Revision]:
    """What is to be written for one sample.

    Raises BadInput naming the field that will not do.
    """
    prompt = prompt_from_wire(request)
    kind = prompt.task.kind
    sample = sample_from_wire(request.sample)
    if sample.kind is not kind:
        raise BadInput(f"sample.kind: is {sample.kind}, the task's is {kind}; give both the same")
    schema = _schema(request, prompt, revision_schema)
    return Ask(
        prompt=prompt,
        completion=_completion(request, revise_prompt(prompt, sample), schema, seed=prompt.seed),
        template=revise_template_of(prompt),
        max_attempts=_counted(request, "max_attempts", settings.max_attempts),
        priority=request.priority,
        min_version=request.min_weights_version,
        read=lambda text: parse_revision(kind, text),
        sample_of=lambda revision: revision[1],
    )


def _completion(
    request: Request, text: str, schema: Mapping[str, Any], *, seed: int
) -> CompletionRequest:
    sampling = request.sampling
    chosen: dict[str, Any] = {field.name: value for field, value in sampling.ListFields()}
    for name, (low, high) in {"temperature": (0, 2), "top_p": (1e-6, 1)}.items():
        if not low <= chosen.get(name, 1.0) <= high:
            raise BadInput(f"sampling.{name}: is {chosen[name]}; give {low} to {high}")
    if chosen.get("max_tokens", 1) < 1:
        raise BadInput(f"sampling.max_tokens: is {chosen['max_tokens']}; give 1 or more")
    constrained = request.constrained or not request.HasField("constrained")
    return CompletionRequest(text, seed, schema=schema if constrained else None, **chosen)


def _schema(request: Request, prompt: Prompt, schema_of: Callable[..., Any]) -> Mapping[str, Any]:
    """The schema of what is asked; also built when it is not used, since it checks the lengths."""
    for field in SPECS[prompt.task.kind].fields:
        low, high = length_of(field, prompt.attributes)
        if max(low, high or 0) > MAX_WORDS:
            raise BadInput(f"attributes.{field.length}: asks for more than {MAX_WORDS} words")
    limit = request.sampling.max_tokens or None
    schema: Mapping[str, Any] = schema_of(
        prompt.task.kind, prompt.attributes, prompt.task.language, limit
    )
    return schema


def _counted(request: Request, field: str, limit: int) -> int:
    """Value of an optional count, 1 if it is unset."""
    value = int(getattr(request, field)) if request.HasField(field) else 1
    if not 1 <= value <= limit:
        raise BadInput(f"{field}: is {value}; give 1 to {limit}")
    return value
