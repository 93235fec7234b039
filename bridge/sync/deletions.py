"""Finds calls that users deleted in Twenty, for what was said in them; its webhook reports them only once.

What the bridge wrote of it beside their records, it withdraws.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bridge.errors import TwentyDenied
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.erasing import NOTES, erase_spoken, erased, erasures_of
from bridge.sync.looking_back import LookingBack
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.writing.notes import withdraw_notes

LOOKS_BACK = timedelta(days=30)
"""How far back the first round asks, as after `transcripts.erase_with_call` was set."""

AT_ONCE = 50
"""Calls whose notes one request withdraws."""

MARK = "calls looked at for deletions"


class Deletions:
    """Erases what was said in calls deleted since the last round: one root field, only while `affordable`.

    One more for each `AT_ONCE` calls whose notes are withdrawn.
    """

    def __init__(self, inbox: Inbox, client: Executes, *, affordable: Callable[[], bool]) -> None:
        self._inbox = inbox
        self._client = client
        self._affordable = affordable
        self._deleted = LookingBack(inbox, client, "DeletedPhoneCalls", mark=MARK, looks_back=LOOKS_BACK)

    async def once(self, now: datetime) -> int:
        """Looks once; at how many deleted calls. Raises TwentyError and InboxUnavailable."""
        if not self._affordable():
            return 0
        seen = 0
        try:
            async for nodes in self._deleted.pages(now):
                sids = {node["externalCallId"] for node in nodes if node["externalCallId"]}
                await erase_spoken(self._inbox, sids, now=now)
                seen += len(sids)
        except TwentyDenied as denied:
            if denied.code != "twenty.schema":
                raise
            # The workspace has no phoneCall object, so there is no call to delete.
            return 0
        await self._withdraw_notes(now)
        return seen

    async def _withdraw_notes(self, now: datetime) -> None:
        """Destroys the notes of erased calls that no user edited: they have words of them."""
        waiting = await erasures_of(self._inbox, NOTES, now=now)
        for first in range(0, len(waiting), AT_ONCE):
            some = waiting[first : first + AT_ONCE]
            try:
                await withdraw_notes(self._client, [one.sid for one in some])
            except TwentyDenied as denied:
                go_without(Feature.WITHDRAWALS, denied)
                return
            for one in some:
                await erased(self._inbox, one, now=now)
