"""What tests of the inbox do again and again."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.call import Call, fold
from bridge.calls.people.matching import Match, Person
from bridge.inbox.rows import AttemptOutcome, DueCall, Settled
from bridge.inbox.store import Inbox
from tests.support import TEN, told

COMPANY = "+33159130001"


def incoming(sid: str, number: str, *, at: float = 0) -> list[Callback]:
    """A call in that nobody took."""
    parties = {"From": number, "To": COMPANY, "Direction": "inbound"}
    return [
        told(Kind.VOICE, sid, at=at, CallStatus="ringing", **parties),
        told(Kind.STATUS, sid, at=at + 30, CallStatus="no-answer", CallDuration="0", **parties),
    ]


async def kept(inbox: Inbox, *callbacks: Callback) -> str:
    """Puts the callbacks of one call; its SID."""
    for callback in callbacks:
        await inbox.store(callback)
    return callbacks[0].root_sid


async def settled(inbox: Inbox, *, person: Person | None = None, now: datetime = TEN) -> list[DueCall]:
    """Settles all that is due."""
    due_calls = await inbox.claim(1000)
    done = [
        Settled(
            root_sid=call.root_sid,
            revision=call.revision,
            number=call.callbacks[0].get("From"),
            match=Match(person),
            written=b"0" * 16,
            outcome=AttemptOutcome.WRITTEN,
        )
        for call in due_calls
    ]
    if done:
        await inbox.settle(done, now=now)
    return due_calls


def fails_for(sid: str) -> Callable[[Sequence[Callback]], Call]:
    """A `fold` with a fault that one call meets."""

    def faulty(callbacks: Sequence[Callback]) -> Call:
        if callbacks[0].root_sid == sid:
            raise LookupError(sid)
        return fold(callbacks)

    return faulty
