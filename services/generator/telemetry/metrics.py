"""Metrics for Prometheus: what a server counts and times; names begin with `littlegiants_`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from littlegiants.checks import CHECKS
from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.parsing import TRUNCATED, UNREADABLE
from services.generator.queue.slots import Slots

ITEM_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300)
WAITING_BUCKETS = (0.001, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

STATUSES = ("bad_input", "unauthenticated", "unparsable", "unavailable", "weights_too_old")
REASONS = frozenset(
    {
        *(check.__name__ for check in CHECKS),
        *UNREADABLE,
        *STATUSES,
        "overloaded",
        TRUNCATED,
        "cancelled",
        "internal",
    }
)
"""Why an item has no sample; whatever else turns up is counted as "other"."""
REFUSALS = ("draining", "full", "quota")
CHANGED, UNCHANGED, REFUSED, UNAVAILABLE, FAILED = RELOADS = (
    "changed",
    "unchanged",
    "refused",
    "unavailable",
    "failed",
)


class WeightsInService(Collector):
    """One series, which is 1: the weights that are served; none before there are any."""

    def __init__(self) -> None:
        self.served: tuple[str, str] | None = None

    def collect(self) -> Iterable[Metric]:
        """The role and the digest as labels."""
        name, text = "littlegiants_weights_info", "Digest of the weights that are served."
        family = GaugeMetricFamily(name, text, labels=("role", "digest"))
        if self.served:
            family.add_metric(self.served, 1)
        yield family


class Meters:
    """Every instrument of one server."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.weights = WeightsInService()
        registry.register(self.weights)
        self._make_counters()
        self._make_gauges()
        for reason in REFUSALS:
            self._refusals.labels(reason)
        for outcome in RELOADS:
            self._reloads.labels(outcome)

    def _make_counters(self) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"littlegiants_{name}", text, labels, registry=self.registry)

        self._items = counter("items", "Items by outcome.", "rpc", "outcome", "reason")
        self._calls = counter("calls", "Calls by status code.", "method", "code")
        self._refusals = counter("refusals", "Calls that admission refused.", "reason")
        self._reloads = counter("reloads", "Looks at the weights pointer by outcome.", "outcome")
        self._attempts = counter("attempts", "Completions written, all attempts.")
        self._prompt_tokens = counter("prompt_tokens", "Prompt tokens of all attempts.")
        self._completion_tokens = counter("completion_tokens", "Tokens written by all attempts.")

    def _make_gauges(self) -> None:
        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"littlegiants_{name}", text, registry=self.registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            name = f"littlegiants_{name}"
            return Histogram(name, text, labels, buckets=buckets, registry=self.registry)

        self._item_seconds = histogram(
            "item_seconds", "Seconds of an item, all attempts.", ITEM_BUCKETS, "rpc"
        )
        self._waiting_seconds = histogram(
            "waiting_seconds", "Seconds that a completion waited for a slot.", WAITING_BUCKETS
        )
        self._slots = gauge("slots", "Completions that may be written side by side.")
        self._slots_taken = gauge("slots_taken", "Completions that are being written.")
        self._waiting = gauge("completions_waiting", "Completions that wait for a slot.")
        self._in_flight = gauge("completions_in_flight", "Completions written and waiting.")
        self._reload_seconds = gauge("reload_seconds", "Seconds of the last change of weights.")
        self._ready = gauge("ready", "1 while calls should be sent here.")

    def watch(self, slots: Slots) -> None:
        """Look at `slots` whenever the meters are read."""
        self._slots.set(slots.slot_count)
        self._slots_taken.set_function(lambda: slots.taken_count)
        self._waiting.set_function(lambda: slots.waiting_count)
        self._in_flight.set_function(lambda: slots.taken_count + slots.waiting_count)

    def set_ready(self, is_ready: bool) -> None:
        """Whether calls should be sent here."""
        self._ready.set(is_ready)

    def item(self, rpc: str, reason: str, seconds: float) -> None:
        """An item is done; an empty reason is a sample."""
        outcome = "error" if reason else "sample"
        known = reason if not reason or reason in REASONS else "other"
        self._items.labels(rpc, outcome, known).inc()
        self._item_seconds.labels(rpc).observe(seconds)

    def waited(self, seconds: float) -> None:
        """A completion, or a score, has got its slot."""
        self._waiting_seconds.observe(seconds)

    def completion(self, prompt_tokens: int, completion_tokens: int) -> None:
        """One attempt is written."""
        self._attempts.inc()
        self._prompt_tokens.inc(prompt_tokens)
        self._completion_tokens.inc(completion_tokens)

    def call(self, method: str, code: str) -> None:
        """A call has ended."""
        self._calls.labels(method, code).inc()

    @contextmanager
    def refusals(self, reason: str) -> Iterator[None]:
        """Count the refusal that comes up within, if one does."""
        try:
            yield
        except LittleGiantsError:
            self._refusals.labels(reason).inc()
            raise

    @contextmanager
    def reload(self) -> Iterator[None]:
        """A look at the pointer that is to change the weights served, or fails to."""
        began, before, outcome = monotonic(), self.weights.served, FAILED
        try:
            yield
            outcome = UNCHANGED if self.weights.served == before else CHANGED
        except BadInput:
            outcome = REFUSED
            raise
        except Unavailable:
            outcome = UNAVAILABLE
            raise
        finally:
            self._reloads.labels(outcome).inc()
        if outcome == CHANGED:
            self._reload_seconds.set(monotonic() - began)
