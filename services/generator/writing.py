"""An ask in, a valid value or a named reason out: complete, parse, check, and try again."""

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Generic

from littlegiants.answers import Provenance, Rejected
from littlegiants.checks import failed_checks
from littlegiants.errors import Unparsable
from services.generator.asking import Ask, Value
from services.generator.engine import Completion
from services.generator.served import Served

TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Written(Generic[Value]):
    """The last attempt: its value, or the reason why it has none; and the attempts before it."""

    value: Value | None
    reason: str
    failed: tuple[str, ...]
    text: str
    provenance: Provenance
    rejected: tuple[Rejected, ...]


async def write(ask: Ask[Value], served: Served) -> Written[Value]:
    """Up to `ask.max_attempts` completions, until one is valid."""
    started = time.monotonic()
    rejected: list[Rejected] = []
    while True:
        attempt = len(rejected) + 1
        seed = attempt_seed(ask.completion.seed, attempt)
        completion, digest = await served.complete(replace(ask.completion, seed=seed))
        reading = read(ask, completion)
        failed = reading[1]
        if not failed or attempt == ask.max_attempts:
            break
        rejected.append(Rejected(failed[0], completion.text))
    provenance = Provenance(
        role=served.settings.role,
        weights_digest=digest,
        prompt_digest=ask.template.digest,
        seed=seed,
        finish_reason=completion.finish_reason,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        attempt=attempt,
        seconds=round(time.monotonic() - started, 4),
    )
    reason = failed[0] if failed else ""
    return Written(reading[0], reason, failed, completion.text, provenance, tuple(rejected))


def read(ask: Ask[Value], completion: Completion) -> tuple[Value | None, tuple[str, ...]]:
    """The value and no reasons, or no value and the reasons."""
    if completion.finish_reason == "length":
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
