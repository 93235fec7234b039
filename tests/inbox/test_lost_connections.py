"""Which failures of PostgreSQL pass, and how one that cannot be reached is told: without a server."""

import sqlite3
from types import SimpleNamespace
from typing import Any

import pytest
from asyncpg import InterfaceError, InternalClientError, PostgresError, exceptions
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

from bridge.inbox import postgresql


def as_raised(name: str, *, invalidated: bool = False) -> DBAPIError:
    """The server's error of this name, as SQLAlchemy raises it."""
    origin: Any = Exception(name)
    origin.sqlstate = getattr(exceptions, name).sqlstate
    return DBAPIError("SELECT 1", {}, origin, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "name",
    [
        "SerializationError",
        "DeadlockDetectedError",
        "TooManyConnectionsError",
        "LockNotAvailableError",
        "QueryCanceledError",
        "IdleInTransactionSessionTimeoutError",
        "AdminShutdownError",
        "CrashShutdownError",
        "CannotConnectNowError",
    ],
)
def test_a_transaction_that_met_a_busy_or_restarting_server_is_tried_again(name: str) -> None:
    assert postgresql.passes(as_raised(name))


@pytest.mark.parametrize("name", ["UniqueViolationError", "StringDataRightTruncationError", "DiskFullError"])
def test_what_the_server_refuses_is_not_tried_again_but_on_another_connection(name: str) -> None:
    assert not postgresql.passes(as_raised(name))
    assert postgresql.passes(as_raised(name, invalidated=True))


LOST = [
    InterfaceError("the connection is closed"),
    InternalClientError("unexpected message"),
    PostgresError("terminating connection"),
    ConnectionResetError("reset by peer"),
    TimeoutError("no answer"),
]


@pytest.mark.parametrize(
    ("problem", "passes"),
    [
        *((lost, True) for lost in LOST),
        (DBAPIError("SELECT 1", {}, Exception("of no server")), False),
        (ValueError("a bug"), False),
        (sqlite3.OperationalError("disk I/O error"), False),
    ],
)
def test_a_connection_that_is_lost_is_replaced(problem: Exception, *, passes: bool) -> None:
    assert postgresql.passes(problem) is passes


def raising(problem: Exception) -> Any:
    def raises(*_: object, **__: object) -> None:
        raise problem

    return raises


@pytest.mark.parametrize("lost", LOST)
def test_a_pooled_connection_that_is_lost_is_taken_out_of_the_pool(lost: Exception) -> None:
    with pytest.raises(InvalidatePoolError):
        postgresql._test(SimpleNamespace(run_async=raising(lost)), None, None)


class DriversError(Exception):
    """`asyncpg` raises its own through SQLAlchemy's module."""


@pytest.mark.parametrize("refused", [*LOST, DriversError("no pg_hba.conf entry")])
def test_a_server_that_takes_no_connection_is_away_whatever_the_driver_calls_it(refused: Exception) -> None:
    dialect = SimpleNamespace(connect=raising(refused), loaded_dbapi=SimpleNamespace(Error=DriversError))
    with pytest.raises(ConnectionError, match=str(refused)):
        postgresql._connect(dialect, None, (), {})
