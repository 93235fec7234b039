"""Finds calls that users moved to another person in Twenty; its webhook reports them, but only once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bridge.errors import TwentyDenied
from bridge.inbox.requeue import requeue_moved
from bridge.inbox.store import Inbox
from bridge.sync.looking_back import LookingBack
from bridge.twenty.client.client import Executes

LOOKS_BACK = timedelta(days=3)
"""How far back the first round asks, and one after a long pause."""

MARK = "calls looked at for corrections"

log = structlog.get_logger()


class Corrections:
    """Asks for what users changed since the last round: one root field, only while `affordable`."""

    def __init__(self, inbox: Inbox, client: Executes, *, affordable: Callable[[], bool]) -> None:
        self._inbox = inbox
        self._affordable = affordable
        self._changed = LookingBack(
            inbox, client, "ChangedPhoneCalls", mark=MARK, looks_back=LOOKS_BACK, at_most=LOOKS_BACK
        )

    async def once(self, now: datetime) -> int:
        """Makes moved calls due; how many. Raises TwentyError and InboxUnavailable."""
        if not self._affordable():
            return 0
        found = 0
        try:
            async for nodes in self._changed.pages(now):
                people = {sid: node["personId"] for node in nodes if (sid := node["externalCallId"])}
                found += await requeue_moved(self._inbox, people)
        except TwentyDenied as denied:
            if denied.code != "twenty.schema":
                raise
            # The workspace has no phoneCall object, so no call can have moved.
            return 0
        if found:
            log.info("calls.moved", calls=found)
        return found
