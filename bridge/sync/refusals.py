"""Calls that Twenty refused are tried once more when its schema changes, such as a restored select option."""

import structlog

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.requeue import retry
from bridge.inbox.store import Inbox

PREFIX = "twenty schema "
"""How the name of the checkpoint begins that holds the last fingerprint of the schema."""

log = structlog.get_logger()


class Refusals:
    """Makes parked calls due when the schema differs from the one that they were last tried with."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._checkpoints = Checkpoints(inbox)

    async def schema_is(self, fingerprint: str) -> None:
        """Compares with the last fingerprint that any process stored. Raises InboxUnavailable."""
        name = PREFIX + fingerprint
        if not await self._checkpoints.existing([name]):
            # Before the checkpoint: after a crash in between they are tried twice.
            again = await retry(self._inbox, None)
            await self._checkpoints.save_only(name, prefix=PREFIX)
            log.info("twenty.schema_changed", calls_tried_again=again)
