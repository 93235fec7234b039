"""What is counted of calls is worked out once, and again after each change."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.calls.agents import Identity
from bridge.calls.callback import Kind
from bridge.inbox.agent_calls import heard_of_agent
from bridge.inbox.queries import KnownCall
from bridge.inbox.store import Inbox, open_inbox
from bridge.web.phone.summaries import SETTLES, Summaries, Summary
from tests.databases import begin
from tests.support import TEN, new_sid, told

ALICE = Identity("alice")
LATER = TEN + 2 * SETTLES


async def test_a_call_is_read_again_after_each_change_and_while_it_is_new(tmp_path: Path) -> None:
    read: list[int] = []

    def summarise(_own: tuple[Identity, ...], known: KnownCall) -> Summary:
        read.append(len(known.callbacks))
        return Summary(
            root_sid=known.root_sid, number=None, started_at=TEN, is_missed=len(read) == 1, reaches=False
        )

    async def rings(inbox: Inbox, status: str, at: float) -> None:
        parties = {"From": "+33639980001", "To": "client:alice"}
        await inbox.store(told(Kind.STATUS, leg, parent=sid, at=at, CallStatus=status, **parties))

    sid, leg = new_sid(), new_sid()
    async with open_inbox(f"sqlite+aiosqlite:///{begin(tmp_path / 'bridge.db')}") as inbox:
        summaries = Summaries(inbox, summarise)
        await rings(inbox, "ringing", 0)
        for now in (TEN, TEN, LATER, LATER):
            heard = await heard_of_agent(inbox, [ALICE], since=TEN - timedelta(days=1), limit=9)
            (found,) = (await summaries.of((ALICE,), heard, now=now)).values()
        assert (read, found.root_sid) == ([1, 1, 1], sid)
        await rings(inbox, "completed", 9)
        heard = await heard_of_agent(inbox, [ALICE], since=TEN - timedelta(days=1), limit=9)
        for own in ((ALICE,), (ALICE,), (Identity("bob"),)):
            await summaries.of(own, heard, now=LATER)
        assert read == [1, 1, 1, 2, 2]


async def test_those_that_are_asked_for_stay_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.web.phone.summaries.MOST_KEPT", 2)
    read: list[str] = []

    def summarise(_own: tuple[Identity, ...], known: KnownCall) -> Summary:
        read.append(known.root_sid)
        return Summary(root_sid=known.root_sid, number=None, started_at=TEN, is_missed=True, reaches=False)

    async with open_inbox(f"sqlite+aiosqlite:///{begin(tmp_path / 'bridge.db')}") as inbox:
        summaries, sids = Summaries(inbox, summarise), [new_sid() for _ in range(3)]
        for at, sid in enumerate(sids):
            await inbox.store(told(Kind.VOICE, sid, at=at, From="client:alice", To="+33639980001"))
        heard = await heard_of_agent(inbox, [ALICE], since=TEN - timedelta(days=1), limit=9)
        one, other, third = reversed(heard)
        # The first is asked for again and again, the others in turn.
        for asked in (one, other, one, third, one, other, one):
            await summaries.of((ALICE,), [asked], now=LATER)
    assert read == [sids[0], sids[1], sids[2], sids[1]]
