"""Where a batch stands, in whichever of the usual words a provider says so."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from littlegiants.errors import Unavailable
from pipelines.openai_client.replies import Fault
from pipelines.openai_client.token_counts import count_of

COMPLETED, FAILED, EXPIRED, CANCELLED = "completed", "failed", "expired", "cancelled"
ENDS: Mapping[str, tuple[str, ...]] = {
    COMPLETED: (
        *("complete", "completed", "succeeded", "success", "successful", "ended", "done"),
        *("finished", "partially_completed", "partially_succeeded", "partiallycompleted"),
    ),
    FAILED: ("failed", "failure", "error", "errored"),
    EXPIRED: ("expired", "timeout", "timed_out", "timeout_exceeded"),
    CANCELLED: ("cancelled", "canceled", "aborted"),
}
"""Words after which nothing more will come; any other is one on the way."""
PREFIX = re.compile(r"^(job|batch)?_?(state|status)_")
TOO_LARGE = re.compile(
    r"token_limit_exceeded|enqueued|queued? (is )?(full|limit)|too many tokens"
    r"|token (limit|quota)|(file|request|batch|body|payload|entity).{0,40}too (large|big|many)",
    re.IGNORECASE,
)
PAYLOAD_TOO_LARGE = 413
MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a batch is; None where that is not told."""

    total: int | None = None
    completed: int | None = None
    failed: int | None = None

    def told(self) -> str:
        """As a progress line has it; empty where nothing is told."""
        if self.total is None or self.completed is None:
            return ""
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f", {self.completed:,} of {self.total:,} answered{failed}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Where a batch stands; `files` are those with results, so far as there are any."""

    id: str
    status: str
    files: tuple[str, ...] = ()
    message: str = ""
    counts: Counts = Counts()
    has_output: bool = False
    has_errors: bool = False

    @property
    def end(self) -> str:
        """How it ended; empty while it has not."""
        word = PREFIX.sub("", re.sub(r"[\s-]+", "_", self.status.strip().lower()))
        return next((end for end, words in ENDS.items() if word in words), "")

    @property
    def is_whole(self) -> bool:
        """Whether the files of results are there that its counts tell of."""
        if self.end != COMPLETED:
            return bool(self.end)
        wants_output, wants_errors = bool(self.counts.completed), bool(self.counts.failed)
        has_any = bool(self.files) or self.counts.total == 0
        return has_any and self.has_output >= wants_output and self.has_errors >= wants_errors

    @property
    def is_too_large(self) -> bool:
        """Whether it failed because the provider lets fewer tokens wait at once."""
        return self.end == FAILED and is_too_large(self.message)


def is_too_large(message: str) -> bool:
    """Whether a provider says that it takes no file of this size, or none more for now."""
    return bool(TOO_LARGE.search(message))


def refuses_size(fault: Fault) -> bool:
    """The same of a request that failed."""
    words = " ".join((*fault.codes, fault.message))
    return fault.status == PAYLOAD_TOO_LARGE or is_too_large(words)


def batch_from(body: Any) -> Batch:
    """A batch as a provider shows it.

    Raises Unavailable when it is none.
    """
    body = body.get("job", body) if isinstance(body, Mapping) else {}
    name = body.get("id") or body.get("batch_id") if isinstance(body, Mapping) else None
    if not isinstance(name, str):
        raise Unavailable("teacher: the answer on a batch is none; start the same command again")
    output, errors = (_file(body, name) for name in ("output", "error"))
    return Batch(
        name,
        str(body.get("status") or body.get("state") or ""),
        tuple(file for file in (output, errors) if file),
        "; ".join(_messages(body)),
        _counts(body.get("request_counts") or body.get("counts") or body),
        bool(output),
        bool(errors),
    )


def _file(body: Mapping[str, Any], kind: str) -> str:
    return str(body.get(f"{kind}_file_id") or body.get(f"{kind}_file") or "")


def _counts(told: Any) -> Counts:
    told = told if isinstance(told, Mapping) else {}
    names = {
        "total": ("total", "total_requests"),
        "completed": ("completed", "succeeded", "succeeded_requests"),
        "failed": ("failed", "errored", "failed_requests"),
    }
    counts = {field: [count_of(told.get(each)) for each in keys] for field, keys in names.items()}
    found = {
        field: next((count for count in each if count is not None), None)
        for field, each in counts.items()
    }
    return Counts(**found)


def _messages(body: Mapping[str, Any]) -> Iterator[str]:
    errors = body.get("errors") or body.get("error") or []
    errors = errors.get("data", [errors]) if isinstance(errors, Mapping) else errors
    for error in (errors if isinstance(errors, list) else [errors])[:MOST_TOLD]:
        fields = error if isinstance(error, Mapping) else {"message": error}
        line = fields.get("line")
        parts = (fields.get("code"), f"line {line}" if line else "", fields.get("message"))
        yield ", ".join(str(part) for part in parts if part)
