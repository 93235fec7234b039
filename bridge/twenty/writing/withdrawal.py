"""Withdraws the records of a leg that was written as a call of its own."""

from collections.abc import Collection

from bridge.calls.activity import record_id
from bridge.errors import TwentyDenied
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.features import Feature, go_without

KINDS = {
    "DestroyTimelineActivities": "timelineActivity",
    "WithdrawNotes": "note",
    "WithdrawPhoneCalls": "phoneCall",
}


async def take_back(client: Executes, call_sids: Collection[str]) -> None:
    """Deletes the records of these calls, so that a user can restore them; three root fields for all.

    A note that a user edited stays. Raises TwentyError.
    """
    for operation, kind in KINDS.items() if call_sids else ():
        try:
            await client.execute(operation, ids=sorted(record_id(kind, sid) for sid in call_sids))
        except TwentyDenied as denied:
            go_without(Feature.WITHDRAWALS, denied)
