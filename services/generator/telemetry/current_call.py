"""Which call, and which of its items, the present task works for."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from opentelemetry import trace

MOST_IDS = 16
"""Request ids of a call that are kept for its log lines."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is under way."""

    method: str
    request_ids: list[str] = field(default_factory=list)

    def note(self, request_id: str) -> None:
        """Remember whose call it is."""
        ids = self.request_ids
        if request_id and request_id not in ids and len(ids) < MOST_IDS:
            ids.append(request_id)


CALL: ContextVar[Call | None] = ContextVar("observed_call", default=None)
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


def note_request(request_id: str) -> None:
    """Let the log lines of the present call carry this id."""
    if (call := CALL.get()) is not None:
        call.note(request_id)


def trace_id() -> str:
    """Id of the current trace, in hex; empty when there is none."""
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else ""
