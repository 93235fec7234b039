"""A pytest plugin: what runs on both databases runs on SQLite alone, where a database is begun in no time.

What runs on PostgreSQL alone has one server, which is started before the first child is forked.
"""

import sys
from collections.abc import Generator
from itertools import count
from typing import Any

import pytest

SERVER = "postgres_server"
OWN_SERVERS = frozenset({"tcp_postgres_url", "durable"})
"""Fixtures that start a server for one test: a child that ends at a failure would leave it."""
OF_EACH = ("tests/inbox/test_drain_lock.py", "tests/inbox/test_leases.py")
"""Files of tests of what each database does by code of its own."""
LEAVES = 50
"""So many databases of children are left before they are dropped."""


class SqliteFirst:
    """Leaves out on PostgreSQL what runs on SQLite, too; without `server` all of it."""

    def __init__(self, *, server: bool = True) -> None:
        self._server = server
        self.running: Any = None
        """The server, once a test has begun it."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        # Before tests/conftest.py chooses one variant of each test.
        items[:] = [item for item in items if not _is_second_variant(item)]
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        # Not in the setup of the fixture, which fails for the next test that wants it.
        names = set(getattr(item, "fixturenames", ()))
        if names & OWN_SERVERS or (SERVER in names and not self._server):
            pytest.skip("on SQLite alone")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        made = yield
        if fixturedef.argname == SERVER:
            self.running = made
        return made

    def in_child(self, number: int) -> None:
        """Gives this process's databases names that no other one's have; it begins no server."""
        self._server = self.running is not None
        if module := sys.modules.get("tests.postgres"):
            module._numbers = count(_first_of(number))  # type: ignore[attr-defined]

    def clean(self, number: int) -> None:
        """Drops the databases that the children up to this number left."""
        if self.running is None or number % LEAVES:
            return
        named = "SELECT datname FROM pg_database WHERE datname ~ '^bridge[0-9]{5,}$'"
        if left := self.running.sql(named).split():
            self.running.sql(*(f"DROP DATABASE {name} WITH (FORCE)" for name in left))


def _first_of(number: int) -> int:
    return (10 + number) * 1000


def _is_second_variant(item: pytest.Item) -> bool:
    """On PostgreSQL though the same test runs on SQLite.

    `tests/inbox` tries each database, `tests/sync` PostgreSQL beside the newest Twenty.
    """
    callspec = getattr(item, "callspec", None)
    if callspec is None or item.nodeid.startswith(OF_EACH):
        return False
    newest = getattr(sys.modules.get("bridge.sandbox.twenty"), "NEWEST", None)
    is_newest = newest is not None and callspec.params.get("generation") == newest
    return "postgresql" in callspec.params.values() or (is_newest and item.nodeid.startswith("tests/sync/"))
