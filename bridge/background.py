"""Background tasks: each has a name, logs its failure, and is restarted if it should keep running.

All of the bridge's tasks start here; a test checks that. Tasks of an `asyncio.TaskGroup` do not: their
failures reach the code around the group.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

from bridge.errors import BridgeError

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0
"""The pause between a failure and the restart doubles up to this."""

log = structlog.get_logger()

_running: set[asyncio.Task[Any]] = set()
"""The event loop itself keeps weak references only: https://docs.python.org/3/library/asyncio-task.html"""


def start(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Starts work that ends by itself; logs its failure, except a BridgeError, which its awaiter gets."""
    task = asyncio.create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


def keep_running(work: Callable[[], Coroutine[Any, Any, None]], *, name: str) -> asyncio.Task[None]:
    """Starts work that runs until it returns or is stopped; after a failure it restarts with a pause."""
    return start(_again(work, name), name=name)


async def stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancels the tasks, and waits until they have ended."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def _again(work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await work()
        except Exception:
            log.exception("task.failed", task=name, restarts_in=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if task.cancelled():
        return
    failure = task.exception()
    if failure and not isinstance(failure, BridgeError):
        log.error("task.failed", task=task.get_name(), exc_info=failure)
