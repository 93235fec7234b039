"""What is counted and measured, for Prometheus: the names, the labels, and how to count cheaply.

    CALLBACKS.inc("status")
    REQUESTS.observe(0.004, "/twilio/status", "204")

Counts are the whole process's, as its log is, in a registry of its own. Gauges are set when somebody
scrapes (`web/operation/metrics.py`). https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

M = TypeVar("M", Counter, Histogram)


class _Labelled(Generic[M]):
    """A metric whose series are looked up once each: for the library that takes longer than to count."""

    def __init__(self, metric: M) -> None:
        self._metric: M = metric
        self._series: dict[tuple[str, ...], M] = {}

    def series(self, values: tuple[str, ...]) -> M:
        """The one with these values of the labels."""
        found = self._series.get(values)
        if found is None:
            found = self._series[values] = self._metric.labels(*values) if values else self._metric
        return found


class Count(_Labelled[Counter]):
    """How often, by labels. Where `known` has the values of the one label, each begins at 0."""

    def __init__(
        self, name: str, what: str, labels: Sequence[str] = (), *, known: Iterable[str] = ()
    ) -> None:
        super().__init__(Counter(f"twenty_bridge_{name}", what, labels, registry=REGISTRY))
        self.known = tuple(known)
        for value in self.known:
            self.series((value,))

    def inc(self, *values: str, by: float = 1) -> None:
        """One more (or `by` more) with these values of the labels."""
        self.series(values).inc(by)

    def count(self, *values: str) -> float:
        """How many there were."""
        return next(iter(self.series(values).collect())).samples[0].value


class Durations(_Labelled[Histogram]):
    """How long it took, by labels; `buckets` in seconds."""

    def __init__(self, name: str, what: str, labels: Sequence[str], *, buckets: Sequence[float]) -> None:
        full = f"twenty_bridge_{name}_seconds"
        super().__init__(Histogram(full, what, labels, buckets=buckets, registry=REGISTRY))

    def observe(self, seconds: float, *values: str) -> None:
        """It took so long, with these values of the labels."""
        self.series(values).observe(seconds)


def _gauge(name: str, what: str) -> Gauge:
    return Gauge(f"twenty_bridge_{name}", what, registry=REGISTRY)


REQUESTS = Durations(
    "request_duration",
    "HTTP requests, by route and status.",
    ("route", "status"),
    buckets=(0.005, 0.025, 0.1, 0.5, 2.5, 10),
)
REQUESTS_REFUSED = Count(
    "requests_refused", "Requests that did not get past the door, by reason.", ("reason",)
)
CALLBACKS = Count("callbacks", "Callbacks that were taken in, by kind.", ("kind",))
CALLBACKS_NOT_KEPT = Count("callbacks_not_kept", "Callbacks that the database did not take.")
TOKENS = Count(
    "tokens",
    "Requests for an access token, by outcome.",
    ("outcome",),
    known=("issued", "refused", "limited", "unavailable"),
)
TWIML = Count(
    "twiml",
    "Answers to voice requests, by what was decided.",
    ("decision",),
    known=("dialled", "refused", "rung", "voicemail", "message", "fallback"),
)
FOREIGN_TOKENS = Count(
    "foreign_tokens", "Calls out by tokens that the bridge did not issue, or before it bound them."
)
NUMBERS_REFUSED = Count("numbers_refused", "Numbers that were not dialled, by reason.", ("reason",))

MATCHES = Count(
    "matches",
    "Calls that were matched, by outcome.",
    ("outcome",),
    known=("person", "several", "nobody", "corrected"),
)
CALLS_WRITTEN = Count("calls_written", "Calls that were written to Twenty, later news of one included.")
CALLS_PARKED = Count("calls_parked", "Calls that Twenty refused, and that were put aside.")
CALLS_RECONCILED = Count(
    "calls_reconciled",
    "Calls of which Twilio was asked, by what came of it.",
    ("outcome",),
    known=("unknown", "unfinished", "complete"),
)
TWENTY_REQUESTS = Count(
    "twenty_requests", "Requests to Twenty, by operation and outcome.", ("operation", "outcome")
)
TWENTY_DURATIONS = Durations(
    "twenty_request_duration",
    "Requests to Twenty, by operation.",
    ("operation",),
    buckets=(0.025, 0.1, 0.5, 2.5, 10),
)
TWILIO_REQUESTS = Count(
    "twilio_requests", "Requests to Twilio's REST API, by resource and status.", ("resource", "status")
)

DUE = _gauge("due_calls", "Calls that Twenty is behind on.")
PARKED = _gauge("parked_calls", "Calls that were put aside until news or an operator mends them.")
OLDEST_DUE = _gauge("oldest_due_call_age_seconds", "How long the oldest due call that is over has waited.")
BUDGET_LEFT = _gauge("twenty_budget_left_root_fields", "What is left of Twenty's rate limit.")
WAITS_FOR = Gauge(
    "twenty_bridge_waits_for",
    "1 for the reason that keeps calls from Twenty, as in /ready; no series while nothing does.",
    ("reason",),
    registry=REGISTRY,
)
DRAINING = _gauge("draining", "1 while calls are written to Twenty, 0 while something keeps them.")
