"""Takes back what was written of a leg that was taken for a call."""

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
    """Deletes their records, so that a user can restore them; three root fields for all.

    A note that a user edited stays.
    """
    for operation, kind in KINDS.items() if call_sids else ():
        try:
            await client.execute(operation, ids=sorted(record_id(kind, sid) for sid in call_sids))
        except TwentyDenied as denied:
            go_without(Feature.WITHDRAWALS, denied)
