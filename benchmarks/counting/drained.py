"""Runs within valgrind: a backlog is drained without Twenty, whose answers are replayed.

`python -P drained.py LIBRARY ANSWERS WARM_UP CALLS`; ANSWERS is what `Recording` wrote of the same calls.
"""

import asyncio
import ctypes
import gc
import os
import pickle
import sys
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from benchmarks import drain
from bridge.cli.serve import fastest_loop
from bridge.inbox import writer
from bridge.twenty.client.client import Executes

Answers = list[tuple[str, Any]]


class Recording:
    """A client that keeps what Twenty answers, by operation."""

    def __init__(self, client: Executes) -> None:
        self._client = client
        self.answers: Answers = []

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        return self._kept(name, await self._client.execute(name, **variables))

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return self._kept(name, await self._client.execute_metadata(name, **variables))

    def _kept(self, name: str, answer: dict[str, Any]) -> dict[str, Any]:
        self.answers.append((name, answer))
        return answer


class Replaying:
    """A client that gives the same answers in the same order."""

    def __init__(self, answers: Answers) -> None:
        self._answers: defaultdict[str, deque[Any]] = defaultdict(deque)
        for name, answer in answers:
            self._answers[name].append(answer)

    async def execute(self, name: str, **_: Any) -> dict[str, Any]:
        return self._next(name)

    async def execute_metadata(self, name: str, **_: Any) -> dict[str, Any]:
        return self._next(name)

    def _next(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._answers[name].popleft()
        return answer


async def drained(
    client: Executes, warm_up: int, calls: int, *, counted_by: ctypes.PyDLL | None = None
) -> None:
    """Drains `warm_up` calls, then `calls` more, which are counted."""
    # On a busy machine, in valgrind, a commit takes as long as it takes.
    writer.KEPT_WITHIN_SECONDS = 600
    async with drain.an_inbox() as (inbox, _):
        worker = drain.worker_of(inbox, client)
        for first, many in ((0, warm_up), (warm_up, calls)):
            told = [one for n in range(first, first + many) for one in drain.callbacks_of_call(n)]
            await asyncio.gather(*map(inbox.store, told))
            if first and counted_by:
                gc.collect()
                gc.freeze()
                gc.disable()
                counted_by.count_from_here()
            while await worker.drain_once():
                pass
        if counted_by:
            counted_by.count_until_here(b"drained")
            # A whole shutdown takes a minute in valgrind.
            os._exit(0)


if __name__ == "__main__":
    drain.quiet()
    library, answers, warm_up, calls = sys.argv[1:]
    replaying = Replaying(pickle.loads(Path(answers).read_bytes()))
    with asyncio.Runner(loop_factory=fastest_loop()) as running:
        running.run(drained(replaying, int(warm_up), int(calls), counted_by=ctypes.PyDLL(library)))
