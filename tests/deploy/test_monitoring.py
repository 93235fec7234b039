"""The alerts and the dashboard speak of metrics and labels that there are, and of all of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from bridge.observability import metrics
from bridge.observability.metrics import Count, Durations

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"twenty_bridge_\w+")
SELECTED = re.compile(r"(twenty_bridge_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"by \(([^)]*)\)\s*\((?:rate|increase)?\(?(twenty_bridge_\w+)")
SHOWN = re.compile(r"\{\{(\w+)\}\}")


def samples() -> dict[str, set[str]]:
    """Each sample's labels, by the names that Prometheus knows."""
    found: dict[str, set[str]] = {}
    for metric in _metrics():
        labels = set(metric._labelnames)
        if isinstance(metric, Counter):
            found[f"{metric._name}_total"] = labels
        elif isinstance(metric, Histogram):
            found |= {f"{metric._name}_bucket": labels | {"le"}, f"{metric._name}_count": labels}
        else:
            found[metric._name] = labels
    return found


def _metrics() -> Iterator[Counter | Histogram | Gauge]:
    for value in vars(metrics).values():
        if isinstance(value, Count | Durations):
            yield value._metric
        elif isinstance(value, Gauge):
            yield value


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def targets() -> list[dict[str, str]]:
    panels = json.loads((DEPLOY / "grafana" / "bridge.json").read_text())["panels"]
    return [target for panel in panels for target in panel["targets"]]


EXPRESSIONS = [rule["expr"] for rule in rules()] + [target["expr"] for target in targets()]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_is_there(expression: str) -> None:
    known = samples()
    assert set(NAME.findall(expression)) <= known.keys()
    for name, selector in SELECTED.findall(expression):
        assert set(re.findall(r"(\w+)\s*[=!]", selector)) <= known[name]
    for labels, name in GROUPED.findall(expression):
        assert {label.strip() for label in labels.split(",")} <= known[name]
    assert expression.count("(") == expression.count(")")


@pytest.mark.parametrize("target", targets(), ids=[target["expr"] for target in targets()])
def test_what_a_legend_shows_is_grouped_by(target: dict[str, str]) -> None:
    groups = {label.strip() for labels, _ in GROUPED.findall(target["expr"]) for label in labels.split(",")}
    assert set(SHOWN.findall(target["legendFormat"])) <= groups


def test_the_dashboard_shows_every_metric() -> None:
    shown = {name for target in targets() for name in NAME.findall(target["expr"])}
    assert {name for name in samples() if not name.endswith("_count") or "request" not in name} <= shown


@pytest.mark.parametrize("rule", rules(), ids=[rule["alert"] for rule in rules()])
def test_each_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "action"}


def test_a_planted_mistake_is_found() -> None:
    with pytest.raises(AssertionError):
        test_what_is_asked_is_there("sum by (kidn) (rate(twenty_bridge_callbacks_total[5m]))")
    with pytest.raises(AssertionError):
        test_what_is_asked_is_there('twenty_bridge_callbacks_total{sort="x"}')
    with pytest.raises(AssertionError):
        test_what_is_asked_is_there("twenty_bridge_callback_total")
