"""A pytest plugin: which test runs which line, and how long each test takes."""

import json
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

PLACE = Path(".venv/mutation")
LINES, SECONDS = PLACE / "lines", PLACE / "seconds.json"
FAILS = 1e6


class Contexts:
    """Measures one run, each test under its own name; what is there of other tests stays."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._measured = coverage.Coverage(
            data_file=str(LINES),
            source=["bridge"],
            concurrency=["thread", "greenlet"],
            config_file=False,
            messages=False,
        )
        self._measured.load()
        self._measured.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._measured.switch_context(item.nodeid)
        answer = yield
        self._measured.switch_context("")
        return answer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        passed = self._seconds.get(report.nodeid, 0) + report.duration
        self._seconds[report.nodeid] = passed if report.passed else FAILS

    def pytest_sessionfinish(self) -> None:
        self._measured.stop()
        self._measured.save()
        known = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
        SECONDS.write_text(json.dumps(known | self._seconds))


def pytest_configure(config: pytest.Config) -> None:
    """Begins before the bridge is imported."""
    config.pluginmanager.register(Contexts())
