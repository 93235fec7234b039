"""A pytest plugin: which test runs which line, and how much CPU time each test takes."""

import json
import sys
import time
from collections.abc import Generator, Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.mutation.databases import SqliteFirst

PLACE = Path(".venv/mutation")
LINES, SECONDS = PLACE / "lines", PLACE / "seconds.json"
FAILS = 1e6


def clear_caches() -> None:
    """So that a test runs the lines that an earlier test had run for it, too."""
    for cached in _caches():
        cached.cache_clear()


def _caches() -> Iterator["_lru_cache_wrapper[Any]"]:
    """Those of the bridge's functions and methods; the sandbox's know nothing of the bridge."""
    names = [name for name in sys.modules if name.startswith("bridge.") and ".sandbox" not in name]
    for module in [sys.modules[name] for name in names]:
        for thing in vars(module).values():
            methods = vars(thing).values() if isinstance(thing, type) else ()
            yield from (one for one in (thing, *methods) if isinstance(one, _lru_cache_wrapper))


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
        clear_caches()
        self._measured.switch_context(item.nodeid)
        begun = time.process_time()
        answer = yield
        # Not of the clock: on a busy machine fewer tests would seem quick enough.
        self._seconds.setdefault(item.nodeid, time.process_time() - begun)
        self._measured.switch_context("")
        return answer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._seconds[report.nodeid] = FAILS
        elif report.skipped:
            # Never chosen, and no failure.
            self._seconds[report.nodeid] = FAILS / 2

    def pytest_sessionfinish(self) -> None:
        self._measured.stop()
        self._measured.save()
        known = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
        SECONDS.write_text(json.dumps(known | self._seconds))


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begins before a conftest.py imports the bridge."""
    early_config.pluginmanager.register(Contexts())
    early_config.pluginmanager.register(SqliteFirst())
