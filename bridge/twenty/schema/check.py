"""Reads a workspace's schema once after the start: logs what has drifted, and whether the key is refused."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from bridge import background
from bridge.errors import TwentyError
from bridge.twenty.client.client import UNLIMITED, Executes
from bridge.twenty.client.documents import operations
from bridge.twenty.schema.drift import Drift, drifts
from bridge.twenty.schema.features import RECORDS, SOME_GENERATIONS

AFTER_SECONDS = 5
"""Seconds: the first calls after a start have priority."""

TRIES = 10
PAUSE_SECONDS = 60
"""Seconds: a Twenty that starts together with the bridge can take minutes."""

UNAUTHENTICATED = "twenty.unauthenticated"

log = structlog.get_logger()


class NotCompared(Exception):
    """The machine did not let the comparison run; the message says why. It is tried again."""


Find = Callable[[], Awaitable[Sequence[Drift]]]
"""Finds what the workspace lacks; raises TwentyError and NotCompared."""


class Comparison:
    """The comparison of a workspace's schema with the bridge's operations, in the background.

    It is the first request after a start. `reason` is `twenty.unauthenticated` while Twenty refuses the API
    key, which no call has to show then; another failure is only logged.
    """

    def __init__(self, find: Find, *, after: float = AFTER_SECONDS) -> None:
        self._find = find
        self._after = after
        self.reason: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Compares once, meanwhile."""
        task = background.start(self._compare(), name="schema drift")
        try:
            yield
        finally:
            await background.stop(task)

    async def _compare(self) -> None:
        await asyncio.sleep(self._after)
        try:
            await self._until_answered()
        except Exception:
            # An invalid introspection: logged for the developers, but no call is lost.
            log.exception("twenty.not_compared")

    async def _until_answered(self) -> None:
        tries = 0
        while tries < TRIES or self.reason:
            tries += 1
            try:
                found = await self._find()
            except (TwentyError, NotCompared) as error:
                self._failed(error)
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                self.reason = None
                _log(found)
                return

    def _failed(self, error: TwentyError | NotCompared) -> None:
        is_refused = isinstance(error, TwentyError) and error.code == UNAUTHENTICATED
        self.reason = UNAUTHENTICATED if is_refused else None
        report = log.error if self.reason else log.info
        report("twenty.not_compared", reason=str(error), seconds=PAUSE_SECONDS)


async def find_drifts(client: Executes) -> list[Drift]:
    """What the workspace lacks for each operation of `documents.graphql`. Raises TwentyError."""
    left_out = UNLIMITED | SOME_GENERATIONS
    documents = {name: document for name, (_, document) in operations().items() if name not in left_out}
    records = {name: document for name, document in documents.items() if name in RECORDS}
    structure = {name: document for name, document in documents.items() if name not in RECORDS}
    of_records = await asyncio.to_thread(drifts, await client.execute("Introspection"), records)
    return of_records + await asyncio.to_thread(
        drifts, await client.execute_metadata("Introspection"), structure
    )


def _log(found: Sequence[Drift]) -> None:
    for drift in found:
        log.warning(
            "twenty.drift",
            operation=drift.operation,
            missing=drift.missing,
            disables=drift.disables.value,
        )
    log.info("twenty.compared", drifts=len(found))
