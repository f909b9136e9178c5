"""Attempts at a valid value: complete, parse, check, and try again, or a named reason why not."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic

from littlegiants.answers import Provenance, Rejected, Timings
from littlegiants.checks import failed_checks
from littlegiants.errors import Unparsable
from littlegiants.parsing import TRUNCATED, is_whole
from services.generator.engine.protocol import Completion
from services.generator.generation.requests import Ask, Value
from services.generator.generation.served_model import Served, ServedCompletion


@dataclass(frozen=True, slots=True)
class Written(Generic[Value]):
    """The last attempt: its value, or the reasons why it has none; and the attempts before it."""

    value: Value | None
    failed: tuple[str, ...]
    text: str
    provenance: Provenance
    rejected: tuple[Rejected, ...]


async def write(ask: Ask[Value], served: Served) -> Written[Value]:
    """Up to `ask.max_attempts` completions, until one is valid."""
    started = time.monotonic()
    rejected: list[Rejected] = []
    answers: list[ServedCompletion] = []
    while True:
        seed = attempt_seed(ask.completion.seed, len(answers) + 1)
        answers.append(await _complete(ask, served, seed))
        text = answers[-1].completion.text
        reading = read(ask, answers[-1].completion)
        value, failed = reading
        if not failed or len(answers) == ask.max_attempts:
            break
        rejected.append(Rejected(failed[0], text))
    provenance = provenance_of(ask, answers, role=served.settings.role, seed=seed)
    timings = replace(provenance.timings, total_s=time.monotonic() - started)
    provenance = replace(provenance, timings=timings)
    return Written(value, failed, text, provenance, tuple(rejected))


async def _complete(ask: Ask[Value], served: Served, seed: int) -> ServedCompletion:
    request = replace(ask.completion, seed=seed)
    return await served.complete(request, priority=ask.priority, min_version=ask.min_version)


def provenance_of(
    ask: Ask[Value], answers: Sequence[ServedCompletion], *, role: str, seed: int
) -> Provenance:
    """Where the last of `answers` came from; the times are those of all."""
    last = answers[-1]
    return Provenance(
        role=role,
        weights_digest=last.weights.digest,
        weights_version=last.weights.version,
        weights_spans=last.completion.spans,
        prompt_digest=ask.template.digest,
        attributes=ask.prompt.attributes,
        seed=seed,
        finish_reason=last.completion.finish_reason,
        prompt_tokens=last.completion.prompt_tokens,
        completion_tokens=last.completion.completion_tokens,
        attempt=len(answers),
        timings=Timings(
            waiting_s=sum(each.waiting_s for each in answers),
            writing_s=sum(each.writing_s for each in answers),
        ),
    )


def read(ask: Ask[Value], completion: Completion) -> tuple[Value | None, tuple[str, ...]]:
    """The value and no reasons, or no value and the reasons."""
    if completion.finish_reason != "stop" and not is_whole(completion.text):
        return None, (TRUNCATED,)
    try:
        value = ask.read(completion.text)
    except Unparsable as error:
        return None, (error.reason,)
    failed = failed_checks(ask.sample_of(value), ask.prompt)
    return (None, failed) if failed else (value, ())


def attempt_seed(seed: int, attempt: int) -> int:
    """The candidate's own seed first; then others that follow from it."""
    if attempt == 1:
        return seed
    text = f"{seed}/{attempt}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big")
