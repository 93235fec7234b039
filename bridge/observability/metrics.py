"""Metrics for Prometheus: names, labels, and cheap counting.

    CALLBACKS.inc("status")
    REQUESTS.observe(0.004, "/twilio/status", "204")

Counters belong to the process, in a registry of their own. Gauges are set at each scrape
(`web/operation/metrics.py`). https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

M = TypeVar("M", Counter, Histogram)


class _Labelled(Generic[M]):
    """A metric that caches its series: the library's look-up takes longer than counting."""

    def __init__(self, metric: M) -> None:
        self._metric: M = metric
        self._series: dict[tuple[str, ...], M] = {}

    def series(self, values: tuple[str, ...]) -> M:
        """The series with these label values."""
        found = self._series.get(values)
        if found is None:
            found = self._series[values] = self._metric.labels(*values) if values else self._metric
        return found


class Count(_Labelled[Counter]):
    """A counter by labels; the values in `known` of its single label start at 0."""

    def __init__(
        self, name: str, what: str, labels: Sequence[str] = (), *, known: Iterable[str] = ()
    ) -> None:
        super().__init__(Counter(f"twenty_bridge_{name}", what, labels, registry=REGISTRY))
        self.known = tuple(known)
        for value in self.known:
            self.series((value,))

    def inc(self, *values: str, by: float = 1) -> None:
        """Adds 1 (or `by`) to the series with these label values."""
        self.series(values).inc(by)

    def count(self, *values: str) -> float:
        """The series' present value."""
        return next(iter(self.series(values).collect())).samples[0].value


class Durations(_Labelled[Histogram]):
    """A histogram of durations by labels; `buckets` in seconds."""

    def __init__(self, name: str, what: str, labels: Sequence[str], *, buckets: Sequence[float]) -> None:
        full = f"twenty_bridge_{name}_seconds"
        super().__init__(Histogram(full, what, labels, buckets=buckets, registry=REGISTRY))

    def observe(self, seconds: float, *values: str) -> None:
        """Adds a duration to the series with these label values."""
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
    "requests_refused", "Requests that were rejected before their handler, by reason.", ("reason",)
)
CALLBACKS = Count("callbacks", "Callbacks that were received, by kind.", ("kind",))
CALLBACKS_NOT_KEPT = Count("callbacks_not_kept", "Callbacks that could not be stored.")
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
    known=("dialled", "refused", "rung", "voicemail", "message", "preflight", "moved", "fallback"),
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
SUMMARIES = Count(
    "summaries",
    "Attempts at summarising a call, by outcome.",
    ("outcome",),
    known=("made", "outdated", "omitted", "failed", "unavailable"),
)
CALLS_WRITTEN = Count("calls_written", "Calls that were written to Twenty, later news of one included.")
CALLS_PARKED = Count("calls_parked", "Calls that Twenty refused and that were parked.")
CALLS_RECONCILED = Count(
    "calls_reconciled",
    "Calls that reconciliation asked Twilio for, by outcome.",
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

TRANSCRIPT_JOBS = Count(
    "transcript_jobs",
    "Recordings that an engine was to transcribe, by outcome.",
    ("outcome",),
    known=("done", "omitted", "parked", "retried", "restarted", "waiting", "budget"),
)
TRANSCRIBED_SECONDS = Count("transcribed_audio_seconds", "Seconds of audio that were transcribed.")

DUE = _gauge("due_calls", "Calls whose newest revision Twenty does not have.")
PARKED = _gauge("parked_calls", "Calls that are parked until news arrives or an operator retries them.")
TRANSCRIPTS_DUE = _gauge("due_transcripts", "Recordings that wait for an engine.")
TRANSCRIPTS_PARKED = _gauge(
    "parked_transcripts", "Recordings that no engine transcribed, until an operator retries them."
)
SUMMARIES_PARKED = _gauge(
    "parked_summaries", "Calls that no model could summarise, until an operator retries them."
)
OLDEST_DUE = _gauge("oldest_due_call_age_seconds", "How long the oldest due call that is over has waited.")
BUDGET_LEFT = _gauge("twenty_budget_left_root_fields", "What is left of Twenty's rate limit.")
WAITS_FOR = Gauge(
    "twenty_bridge_waits_for",
    "1 for the reason why no calls are written to Twenty, as in /ready; no series otherwise.",
    ("reason",),
    registry=REGISTRY,
)
DRAINING = _gauge("draining", "1 while calls are written to Twenty, 0 while something prevents it.")
