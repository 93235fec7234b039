"""A version of a note takes the place of the one before it: one of all that replicas try."""

import asyncio
from datetime import timedelta

from bridge.calls.callback import Callback, Kind
from bridge.calls.dispositions import note_digest, notes
from bridge.inbox.queries import known_call
from bridge.inbox.store import Inbox, open_inbox
from tests.support import TEN, new_sid, outbound


def version(sid: str, number: int, text: str = "") -> Callback:
    parameters = {"CallSid": sid, "Agent": "alice", "Version": str(number), "Note": text}
    return Callback(
        kind=Kind.NOTE,
        call_sid=sid,
        parameters=parameters,
        received_at=TEN + timedelta(seconds=number),
        digest=note_digest(sid, "alice", number),
    )


async def save(inbox: Inbox, sid: str, number: int, text: str = "") -> bool:
    former = note_digest(sid, "alice", number - 1) if number > 1 else None
    return await inbox.replace(version(sid, number, text), former)


async def texts(inbox: Inbox, sid: str) -> list[str]:
    known = await known_call(inbox, sid)
    assert known
    return [note.note for note in notes(known.callbacks)]


async def test_of_all_replicas_one_replaces_a_version(database_url: str) -> None:
    async with open_inbox(database_url) as one, open_inbox(database_url) as other:
        await one.store(outbound(sid := new_sid(), "+33639980001"))
        for number in (1, 2, 3):
            tried = [
                save(inbox, sid, number, f"{number} {turn}") for turn in range(4) for inbox in (one, other)
            ]
            assert sorted(await asyncio.gather(*tried)) == [False] * 7 + [True]
        (text,) = await texts(other, sid)
        assert text.startswith("3 ")


async def test_a_new_version_makes_its_call_due(inbox: Inbox) -> None:
    await inbox.store(outbound(sid := new_sid(), "+33639980001"))
    (before,) = await inbox.claim(200)
    assert await save(inbox, sid, 1, "One")
    assert not await save(inbox, sid, 1, "Two")
    assert not await save(inbox, sid, 3, "Three")
    (after,) = await inbox.claim(200)
    assert (after.revision, await texts(inbox, sid)) == (before.revision + 1, ["One"])
