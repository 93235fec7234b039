"""Reads a workspace's schema once after the start, and logs what has drifted."""

import asyncio
from collections.abc import AsyncIterator
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

log = structlog.get_logger()


@asynccontextmanager
async def comparing(client: Executes, *, after: float = AFTER_SECONDS) -> AsyncIterator[None]:
    """Compares in the background; a failure is only logged."""
    task = background.start(_compare(client, after), name="schema drift")
    try:
        yield
    finally:
        await background.stop(task)


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


async def _compare(client: Executes, after: float) -> None:
    await asyncio.sleep(after)
    try:
        await _until_answered(client)
    except Exception:
        # An invalid introspection: logged for the developers, but no call is lost.
        log.exception("twenty.not_compared")


async def _until_answered(client: Executes) -> None:
    for _ in range(TRIES):
        try:
            found = await find_drifts(client)
        except TwentyError as error:
            log.info("twenty.not_compared", reason=str(error), seconds=PAUSE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        for drift in found:
            log.warning(
                "twenty.drift",
                operation=drift.operation,
                missing=drift.missing,
                disables=drift.disables.value,
            )
        log.info("twenty.compared", drifts=len(found))
        return
