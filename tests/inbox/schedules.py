"""Replicas that share a PostgreSQL, and a scheduler that decides whose statement goes next."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncEngine

Choose = Callable[[int], int]
"""One of so many: the place of the replica that goes next, of those that can."""

LOOK_SECONDS = 0.002
"""How long a statement takes before the scheduler asks whether it waits for a lock."""

WAITING_FOR_LOCKS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
)
"""One whose lock was just released is still listed as waiting, but nothing blocks it."""


class Scheduler:
    """Lets one statement, or commit, at a time go to the database.

    `watcher` is an engine of its own, which asks PostgreSQL who waits for locks.
    """

    def __init__(self, watcher: AsyncEngine) -> None:
        self._watcher = watcher
        self._on = False
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._moved = asyncio.Event()

    def attach(self, name: str, *engines: AsyncEngine) -> None:
        """The statements of these engines, which belong to one replica, wait for their turn."""
        for engine in engines:
            for moment in ("before_cursor_execute", "commit"):
                event.listen(engine.sync_engine, moment, partial(self._before, name))

    def _before(self, name: str, connection: Connection, *_: Any) -> None:
        if self._on:
            driver: Any = connection.connection.dbapi_connection
            driver.run_async(lambda _: self._turn(name))

    async def _turn(self, name: str) -> None:
        assert name not in self._waiting, f"{name} does two things at once"
        turn = self._waiting[name] = asyncio.get_running_loop().create_future()
        self._moved.set()
        try:
            await turn
        finally:
            # On a busy machine the bridge gives a statement up, and tries it again.
            if self._waiting.get(name) is turn:
                del self._waiting[name]

    async def run(self, operations: Mapping[str, Coroutine[Any, Any, Any]], choose: Choose) -> None:
        """Carries out an operation of each replica, in the order that is chosen; raises what they raise."""
        tasks = {name: asyncio.create_task(operation) for name, operation in operations.items()}
        for task in tasks.values():
            task.add_done_callback(lambda _: self._moved.set())
        self._on = True
        try:
            while await self._stands(tasks):
                ready = sorted(self._waiting)
                self._waiting.pop(ready[choose(len(ready))]).set_result(None)
        finally:
            self._on = False
        await asyncio.gather(*tasks.values())

    async def _stands(self, tasks: Mapping[str, asyncio.Task[Any]]) -> bool:
        """Waits until each replica waits for its turn, or for another's lock, or is done; False: all are."""
        while True:
            goes_on = [n for n, task in tasks.items() if not task.done() and n not in self._waiting]
            if not goes_on:
                return bool(self._waiting)
            self._moved.clear()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._moved.wait()
            except TimeoutError:
                if self._waiting and await self._blocked() == len(goes_on):
                    return True

    async def _blocked(self) -> int:
        async with self._watcher.connect() as connection:
            return int(await connection.scalar(WAITING_FOR_LOCKS) or 0)


def every_schedule() -> Iterator[Choose]:
    """All ways to choose, one after the other: for operations that are begun anew for each."""
    path: list[tuple[int, int]] = []
    while True:
        yield _along(path)
        while path and path[-1][0] == path[-1][1] - 1:
            path.pop()
        if not path:
            return
        chosen, options = path.pop()
        path.append((chosen + 1, options))


def _along(path: list[tuple[int, int]]) -> Choose:
    """Chooses as the path says, and the first of all beyond its end, which it notes there."""
    place = -1

    def choose(options: int) -> int:
        nonlocal place
        place += 1
        if place == len(path):
            path.append((0, options))
        assert path[place][1] == options, f"another way than before: {options} options at {path[: place + 1]}"
        return path[place][0]

    return choose
