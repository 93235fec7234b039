"""`metrics.md`, from the registry that Prometheus scrapes."""

from collections.abc import Iterator, Mapping

from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from bridge.calls.callback import Kind
from bridge.calls.fold.parties import BY_TWILIO
from bridge.calls.texts import NAMES
from bridge.observability import metrics
from bridge.observability.metrics import Count, Durations
from bridge.web.operation.problems import STATUS_OF
from docs.generate.markdown import code, codes, table
from docs.generate.markdown import page as whole

UNITS = ("seconds", "root_fields")
"""By how a metric's name ends; what has none is a number of what its name says."""

REFUSED = [reason for name in NAMES if (reason := name.removeprefix("why_")) != name and reason != BY_TWILIO]

LABELS: Mapping[tuple[str, str], str] = {
    ("request_duration_seconds", "route"): "a route of [HTTP](http.md), or `none` of other paths",
    ("request_duration_seconds", "status"): "the status that was answered",
    ("requests_refused", "reason"): codes(sorted(error.__name__ for error in STATUS_OF)),
    ("callbacks", "kind"): codes(Kind),
    ("numbers_refused", "reason"): codes(REFUSED),
    ("twenty_requests", "operation"): "an operation of `bridge/twenty/documents.graphql`",
    ("twenty_requests", "outcome"): "`ok`, or the code of what went wrong (`unavailable`, `over_limit`, …)",
    ("twenty_request_duration_seconds", "operation"): "an operation of `bridge/twenty/documents.graphql`",
    ("waits_for", "reason"): "a code of `reasons` in [`/ready`](http.md)",
    ("twilio_requests", "resource"): "a resource of Twilio's REST API (`Calls`, `Recordings`, …)",
    ("twilio_requests", "status"): "the status that Twilio answered, or `unreachable`",
}
"""What values a label may have, where the metric itself does not say."""

ABOUT = """\
Prometheus finds them at `http://127.0.0.1:9464/metrics` ([settings](settings.md#metrics)); alert rules and
a dashboard are in [deploy/](../../deploy/). Counters count what this process did since its start; gauges
are asked when somebody scrapes. Replicas have each their own: sum the counters, and take the greatest of
each gauge, for all of them see one database."""


def page() -> str:
    """The page."""
    return whole("Metrics", "`bridge/observability/metrics.py`", _parts())


def _parts() -> Iterator[str]:
    yield ABOUT.replace("\n", " ")
    yield table(("Name", "Type", "Unit", "Labels", "What it is"), [_row(one) for one in every()])


def every() -> Iterator[tuple[MetricWrapperBase, tuple[str, ...]]]:
    """Each metric, with the values of its one label where it knows them."""
    for one in vars(metrics).values():
        if isinstance(one, Count):
            yield one._metric, one.known
        elif isinstance(one, Durations):
            yield one._metric, ()
        elif isinstance(one, MetricWrapperBase):
            yield one, ()


def _row(found: tuple[MetricWrapperBase, tuple[str, ...]]) -> tuple[str, ...]:
    metric, known = found
    (family,) = metric.describe()
    is_counter = isinstance(metric, Counter)
    labels = [
        f"{code(label)}: {codes(known) or LABELS[_short(family.name), label]}" for label in metric._labelnames
    ]
    unit = next((one.replace("_", " ") for one in UNITS if family.name.endswith(one)), "")
    buckets = (
        f" Buckets: {', '.join(map(_bound, metric._upper_bounds))}." if isinstance(metric, Histogram) else ""
    )
    name = f"{family.name}_total" if is_counter else family.name
    return code(name), family.type, unit, "; ".join(labels), family.documentation + buckets


def _short(name: str) -> str:
    return name.removeprefix("twenty_bridge_")


def _bound(bound: float) -> str:
    return "more" if bound == float("inf") else f"{bound:g}"
