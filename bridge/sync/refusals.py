"""What Twenty refused is tried once more when the workspace's schema changes: an option that is back, say."""

import structlog

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.queries import retry
from bridge.inbox.store import Inbox

PREFIX = "twenty schema "
"""Of the mark that has the fingerprint of the schema as it was seen last."""

log = structlog.get_logger()


class Refusals:
    """Parked calls, as of the schema that they were last tried with."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._checkpoints = Checkpoints(inbox)
        self._seen: str | None = None

    async def schema_is(self, fingerprint: str) -> None:
        """Makes all parked calls due where the schema is another one than before, by any process."""
        name = PREFIX + fingerprint
        if name == self._seen:
            return
        if not await self._checkpoints.existing([name]):
            # Before the mark: a crash in between only means that they are tried twice.
            again = await retry(self._inbox, None)
            await self._checkpoints.save_only(name, prefix=PREFIX)
            log.info("twenty.schema_changed", calls_tried_again=again)
        self._seen = name
