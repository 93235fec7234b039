"""The metrics' names and labels, as Prometheus's own conventions have them."""

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bridge.observability import metrics
from bridge.observability.metrics import Count


def test_names_follow_the_conventions() -> None:
    for metric in metrics.REGISTRY.collect():
        assert metric.name.startswith("twenty_bridge_")
        assert metric.documentation.endswith(".")
        # A counter's samples end in _total, a time is in seconds.
        assert not any(word in metric.name for word in ("_ms", "_minutes", "_total_"))


def test_what_is_counted_is_what_is_scraped() -> None:
    before = metrics.CALLBACKS.count("status")
    metrics.CALLBACKS.inc("status")
    metrics.CALLBACKS.inc("status", by=2)
    assert metrics.CALLBACKS.count("status") == before + 3
    assert scraped("twenty_bridge_callbacks_total", kind="status") == before + 3


def test_known_values_stand_at_zero_before_the_first() -> None:
    assert scraped("twenty_bridge_tokens_total", outcome="refused") is not None


def test_durations_fall_into_buckets() -> None:
    metrics.TWENTY_DURATIONS.observe(0.03, "Nothing")
    assert scraped("twenty_bridge_twenty_request_duration_seconds_count", operation="Nothing") == 1
    assert (
        scraped("twenty_bridge_twenty_request_duration_seconds_bucket", operation="Nothing", le="0.025") == 0
    )
    assert scraped("twenty_bridge_twenty_request_duration_seconds_bucket", operation="Nothing", le="0.1") == 1


def test_a_wrong_number_of_labels_is_an_error() -> None:
    with pytest.raises(ValueError, match="label"):
        metrics.CALLBACKS.inc("status", "and more")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="Duplicated"):
        Count("callbacks", "The same again.")


def scraped(sample: str, **labels: str) -> float | None:
    """The value of a sample in what Prometheus gets."""
    text = generate_latest(metrics.REGISTRY).decode()
    found = (s for family in text_string_to_metric_families(text) for s in family.samples)
    return next((s.value for s in found if s.name == sample and s.labels == labels), None)
