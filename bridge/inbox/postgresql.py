"""PostgreSQL: connections that do not hang, and problems that pass by themselves."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import NullPool, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.json_text import to_json

CONNECT_SECONDS = 3
ANSWER_SECONDS = 4
"""How long a transaction may take; a connection that says nothing for so long is dropped."""

LOCK_MS = 3000
"""How long a statement waits for a lock that another holds."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING = frozenset(
    {
        "40001",  # serialization_failure
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
    """An engine whose connections are refused with a ConnectionError, whatever the driver raises."""
    said = {"application_name": "twenty-bridge", "lock_timeout": str(LOCK_MS), **(server_settings or {})}
    connect_args = {"timeout": CONNECT_SECONDS, "server_settings": said}
    engine = create_async_engine(url, json_serializer=to_json, connect_args=connect_args, **options)
    event.listen(engine.sync_engine, "do_connect", _connect)
    return engine


def reading(url: str) -> AsyncEngine:
    """For transactions that read: each sees one snapshot, and none meets a connection that is gone."""
    return open_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=CONNECT_SECONDS,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )


def writing(url: str) -> AsyncEngine:
    """For the one writer of a process, which tries again itself where its connection is gone."""
    return open_engine(url, pool_size=1, max_overflow=0)


def alone(url: str, **server_settings: str) -> AsyncEngine:
    """For a connection of its own, such as one that holds a lock."""
    return open_engine(url, server_settings=server_settings, poolclass=NullPool)


def passes(problem: Exception) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    if isinstance(problem, OSError):
        return True
    if isinstance(problem, DBAPIError):
        return problem.connection_invalidated or getattr(problem.orig, "sqlstate", None) in PASSING
    return False


def _connect(dialect: Any, _record: Any, arguments: Any, named: Any) -> Any:
    from asyncpg import InterfaceError, PostgresError  # noqa: PLC0415 - an extra, and SQLite does without

    try:
        return dialect.connect(*arguments, **named)
    except (InterfaceError, PostgresError, dialect.loaded_dbapi.Error) as refused:
        raise ConnectionError(str(refused)) from refused
