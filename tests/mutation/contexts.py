"""A pytest plugin: which test runs which line, and how much CPU time each test takes."""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType
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


if sys.version_info >= (3, 12):

    class _Lines:
        """From Python 3.12 on: a line is reported once for each test, and then costs nothing.

        See https://docs.python.org/3/library/sys.monitoring.html
        """

        def __init__(self) -> None:
            self._place = str(Path("bridge").absolute()) + os.sep
            self._run: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
            self._lines = self._run[""]
            tool, events = sys.monitoring.COVERAGE_ID, sys.monitoring.events
            sys.monitoring.use_tool_id(tool, "mutation")
            sys.monitoring.register_callback(tool, events.PY_START, self._starts)
            sys.monitoring.register_callback(tool, events.LINE, self._line)
            sys.monitoring.set_events(tool, events.PY_START)

        def _starts(self, code: CodeType, _offset: int) -> object:
            """Only the bridge's own code reports its lines, once it was called."""
            if code.co_filename.startswith(self._place):
                sys.monitoring.set_local_events(sys.monitoring.COVERAGE_ID, code, sys.monitoring.events.LINE)
            return sys.monitoring.DISABLE

        def _line(self, code: CodeType, line: int) -> object:
            self._lines.add((code.co_filename, line))
            return sys.monitoring.DISABLE

        def switch(self, test: str) -> None:
            """What runs from now on is run by this test."""
            self._lines = self._run[test]
            sys.monitoring.restart_events()

        def save(self) -> None:
            """Adds what was measured to what is there."""
            tool = sys.monitoring.COVERAGE_ID
            for event in (sys.monitoring.events.PY_START, sys.monitoring.events.LINE):
                sys.monitoring.register_callback(tool, event, None)
            sys.monitoring.set_events(tool, 0)
            sys.monitoring.free_tool_id(tool)
            data = coverage.CoverageData(str(LINES))
            data.read()
            for test, run in self._run.items():
                of_files: defaultdict[str, set[int]] = defaultdict(set)
                for file, line in run:
                    of_files[file].add(line)
                data.set_context(test)
                data.add_lines(of_files)
            data.write()

else:

    class _Lines:
        """Before Python 3.12: each line that runs is counted, which takes more time than the tests."""

        def __init__(self) -> None:
            self._measured = coverage.Coverage(
                data_file=str(LINES),
                source=["bridge"],
                concurrency=["thread", "greenlet"],
                config_file=False,
                messages=False,
            )
            self._measured.load()
            self._measured.start()

        def switch(self, test: str) -> None:
            """What runs from now on is run by this test."""
            self._measured.switch_context(test)

        def save(self) -> None:
            """Adds what was measured to what is there."""
            self._measured.stop()
            self._measured.save()


class Contexts:
    """Measures one run, each test under its own name; what is there of other tests stays."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._measured = _Lines()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        clear_caches()
        self._measured.switch(item.nodeid)
        begun = time.process_time()
        answer = yield
        # Not of the clock: on a busy machine fewer tests would seem quick enough.
        self._seconds.setdefault(item.nodeid, time.process_time() - begun)
        self._measured.switch("")
        return answer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._seconds[report.nodeid] = FAILS
        elif report.skipped:
            # Never chosen, and no failure.
            self._seconds[report.nodeid] = FAILS / 2

    def pytest_sessionfinish(self) -> None:
        self._measured.save()
        known = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
        SECONDS.write_text(json.dumps(known | self._seconds))


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begins before a conftest.py imports the bridge."""
    early_config.pluginmanager.register(Contexts())
    early_config.pluginmanager.register(SqliteFirst())
