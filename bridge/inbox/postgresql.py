"""PostgreSQL: connections with time-outs, and which errors are worth a retry."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import NullPool, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.json_text import from_json, to_json

CONNECT_SECONDS = 3
ANSWER_SECONDS = 4
"""How long a transaction is allowed to take; a silent connection is then dropped."""

LOCK_MS = 3000
"""How long a statement waits for a lock of another transaction."""

HALFWAY_MS = 5000
"""How long a transaction, with its locks, can be idle: its client gave up or is gone."""

GONE_SECONDS = 20
"""How long the server keeps connections of an unreachable client."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING = frozenset(
    {
        "40001",  # serialization_failure
        "25P03",  # idle_in_transaction_session_timeout
        "40P01",  # deadlock_detected
        "53300",  # too_many_connections
        "55P03",  # lock_not_available
        "57014",  # query_canceled
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
    }
)


def open_engine(url: str, *, server_settings: Mapping[str, str] | None = None, **options: Any) -> AsyncEngine:
    """An engine that raises ConnectionError when it cannot connect, in place of the driver's errors."""
    said = {
        "application_name": "twenty-bridge",
        "lock_timeout": str(LOCK_MS),
        "idle_in_transaction_session_timeout": str(HALFWAY_MS),
        **keepalive(GONE_SECONDS),
        **(server_settings or {}),
    }
    connect_args = {"timeout": CONNECT_SECONDS, "server_settings": said}
    engine = create_async_engine(
        url, json_serializer=to_json, json_deserializer=from_json, connect_args=connect_args, **options
    )
    event.listen(engine.sync_engine, "do_connect", _connect)
    return engine


def reading(url: str) -> AsyncEngine:
    """For transactions that read: each sees one snapshot, on a connection that was tested first."""
    engine = open_engine(
        url,
        pool_timeout=CONNECT_SECONDS,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )
    event.listen(engine.sync_engine, "checkout", _test)
    return engine


def writing(url: str) -> AsyncEngine:
    """For the one writer of a process, which retries by itself when its connection is lost."""
    return open_engine(url, pool_size=1, max_overflow=0)


def autocommit(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, where each statement is a transaction: no round trips for BEGIN and COMMIT."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def alone(url: str, **server_settings: str) -> AsyncEngine:
    """For a connection outside any pool, such as one that holds a lock."""
    return open_engine(url, server_settings=server_settings, poolclass=NullPool)


def keepalive(seconds: int) -> dict[str, str]:
    """Server settings that end a session once its client has been unreachable for `seconds`.

    https://www.postgresql.org/docs/current/runtime-config-connection.html#RUNTIME-CONFIG-TCP-SETTINGS
    """
    probes = 3
    interval = max(1, seconds // (2 * probes))
    return {
        "tcp_keepalives_idle": str(max(1, seconds - probes * interval)),
        "tcp_keepalives_interval": str(interval),
        "tcp_keepalives_count": str(probes),
        # For data that the client does not acknowledge.
        "tcp_user_timeout": str(seconds * 1000),
    }


def passes(problem: Exception) -> bool:
    """Whether the same transaction can succeed when it is retried."""
    if isinstance(problem, OSError):
        return True
    if isinstance(problem, DBAPIError):
        return problem.connection_invalidated or getattr(problem.orig, "sqlstate", None) in PASSING
    return isinstance(problem, _lost())


def _test(connection: Any, _record: Any, _proxy: Any) -> None:
    """One round trip, where SQLAlchemy's `pool_pre_ping` takes three."""
    try:
        connection.run_async(lambda driver: driver.execute("SELECT 1"))
    except _lost() as lost:
        raise InvalidatePoolError from lost


def _connect(dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
    try:
        return dialect.connect(*arguments, **named)
    except (*_lost(), dialect.loaded_dbapi.Error) as refused:
        raise ConnectionError(str(refused)) from refused


def _lost() -> tuple[type[Exception], ...]:
    """The driver's own errors where a connection is lost.

    InternalClientError is that of a connection of which the server has just said that it ends it, until it
    has.
    """
    # An extra, and SQLite does without.
    from asyncpg import InterfaceError, InternalClientError, PostgresError  # noqa: PLC0415

    return InterfaceError, InternalClientError, PostgresError, OSError
