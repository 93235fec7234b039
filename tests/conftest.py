"""What tests of several rooms share: a Twenty, the bridge's client to it, a database."""

import gc
import logging
import os
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from zlib import crc32

import pytest
import structlog
from aiohttp import web_app
from hypothesis import settings as hypothesis_settings

from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox, twenty_sandbox
from bridge.twenty.client.client import TwentyClient, open_client
from tests.browser import close_browsers
from tests.databases import begin, bring_up_to_date
from tests.forking import forked_processes
from tests.postgres import Postgres, postgres
from tests.support import twenty_settings

# Machines are noisy: an example that takes long is no failure. The short run draws the same examples each
# time, so that it fails for what was changed; the long suites draw others.
hypothesis_settings.register_profile("short", deadline=None, max_examples=30, derandomize=True)
hypothesis_settings.register_profile("long", deadline=None, max_examples=500)


def pytest_configure(config: pytest.Config) -> None:
    """The long suites try many times as many examples of a property."""
    thorough = config.getoption("markexpr") == "slow or not slow"
    hypothesis_settings.load_profile("long" if thorough else "short")
    config.pluginmanager.register(Order())
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So a script's shell begins what runs in its background; commands that tests start take Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What collected tests are made of stays to the end: no garbage collection looks at it again.

    That is a quarter of the time of tests that make many objects, of which a Twenty's schema is the most.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def pytest_xdist_auto_num_workers() -> int:
    """Three more than there are cores: tests wait for other processes, and for pages of a browser.

    With two more, a fifth of the time of two cores was idle.
    """
    return (os.cpu_count() or 1) + 3


HERE = Path(__file__).parent
WAITING = ("phones", "docs/test_guides.py", "e2e", "simulation")
"""What waits most of its time (for a browser, for commands of an operator, for processes), or is long."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test for the oldest Twenty and the newest runs on one of them, and on both in the long suites.

    Which one follows from its name, so that each file has tests on both. Where one of the two alone is
    collected, that one runs.
    """
    of_both: defaultdict[str, dict[str, pytest.Item]] = defaultdict(dict)
    for item in items:
        if generation := _of_both(item):
            of_both[item.nodeid.replace(generation, "")][generation] = item
    for alike, variants in of_both.items():
        if len(variants) == 2:
            variants[(OLDEST, NEWEST)[crc32(alike.encode()) % 2]].add_marker(pytest.mark.slow)


class Order:
    """The order of tests, once those that do not run are left out."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Each of WAITING begins the share of another worker.

        So none is left for the end, where one worker would wait for it alone, and cores are busy meanwhile.
        """
        workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
        begin: list[list[pytest.Item]] = [[] for _ in range(workers)]
        for number, name in enumerate(WAITING):
            begin[number % workers] += [item for item in items if _is_in(item, HERE / name)]
        waiting = {item for share in begin for item in share}
        others = iter([item for item in items if item not in waiting])
        share = len(items) // workers
        items[:] = [item for first in begin for item in (*first, *islice(others, max(0, share - len(first))))]
        items += others


def _is_in(item: pytest.Item, place: Path) -> bool:
    return _is_below(item.path, place)


@cache
def _is_below(path: Path, place: Path) -> bool:
    """Of each file once: there are some twenty tests in each, and each worker asks of all."""
    return path.is_relative_to(place)


def _of_both(item: pytest.Item) -> str | None:
    """The generation that the fixture of that name has; None where the test itself names some."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or any(
        "generation" in str(mark.args[:1]) for mark in item.iter_markers("parametrize")
    ):
        return None
    generation = callspec.params.get("generation")
    return generation if generation in (OLDEST, NEWEST) else None


PLAIN = [
    *structlog.get_config()["processors"][:-1],
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
]
"""What nothing else configures is logged without the local variables of each frame: a whole sandbox each."""


@pytest.fixture(autouse=True, scope="session")
def _browsers() -> Iterator[None]:
    yield
    close_browsers()


@pytest.fixture(autouse=True, scope="session")
def _forked_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where many tests start processes, the import is done before the first test's event loop runs."""
    starts = any(_is_in(item, HERE / name) for item in request.session.items for name in WAITING)
    with forked_processes(from_the_first=starts):
        yield


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command that runs in the process of the tests sets up its logs; the next test meets none of it.

    A logger that is cached keeps its setup for good: none is.
    """
    configure, root, last_words = structlog.configure, logging.getLogger(), sys.excepthook
    handlers, level = list(root.handlers), root.level
    configure(processors=PLAIN, cache_logger_on_first_use=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            structlog, "configure", lambda **given: configure(**given | {"cache_logger_on_first_use": False})
        )
        yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = last_words


@pytest.fixture(autouse=True)
def no_application_stays() -> Iterator[None]:
    """aiohttp remembers the last 1024 handlers, each with its whole application.

    With thousands of tests these are millions of objects, and each garbage collection halts for seconds.
    """
    yield
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture
def generation() -> str:
    """The version of the Twenty; rooms that are tested on several say so."""
    return OLDEST


@pytest.fixture
async def twenty(generation: str) -> AsyncIterator[TwentySandbox]:
    """A Twenty with the object phoneCall, and no limit."""
    async with twenty_sandbox(provisioned=True, rate_limit=False, generation=generation) as sandbox:
        yield sandbox


@pytest.fixture
async def client(twenty: TwentySandbox) -> AsyncIterator[TwentyClient]:
    """The bridge's client to that Twenty."""
    async with open_client(twenty_settings(twenty)) as opened:
        yield opened


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bridge.db"


@pytest.fixture
def database_url(sqlite_file: Path) -> str:
    """An empty database with its tables."""
    return f"sqlite+aiosqlite:///{begin(sqlite_file)}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One for all tests of a process; it takes half a second to start."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """The name of a database with tables, of which others are copies."""
    name = postgres_server.create_database()
    bring_up_to_date(postgres_server.url(name))
    return name


@pytest.fixture
def postgres_database(postgres_server: Postgres, postgres_template: str) -> Iterator[str]:
    """The name of an empty database with its tables."""
    name = postgres_server.create_database(template=postgres_template)
    yield name
    postgres_server.drop_later(name)


@pytest.fixture
def bare_postgres_database(postgres_server: Postgres) -> Iterator[str]:
    """The name of a database without tables."""
    name = postgres_server.create_database()
    yield name
    postgres_server.drop_later(name)


@pytest.fixture
def postgres_url(postgres_server: Postgres, postgres_database: str) -> str:
    """The URL of an empty database with its tables."""
    return postgres_server.url(postgres_database)
