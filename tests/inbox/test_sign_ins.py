"""One-time links and devices' keys, until when each holds, on both databases."""

from datetime import timedelta

from sqlalchemy import func, select

from bridge.inbox.sign_ins import (
    KEPT,
    LinkState,
    SignIn,
    add_link,
    drop_ended,
    has_link,
    redeem,
    revoke,
    sign_ins_that_hold,
    sign_out,
    signed_in,
)
from bridge.inbox.store import Inbox
from bridge.inbox.tables import sign_ins
from tests.support import TEN

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
MONTH = timedelta(days=31)


async def link(inbox: Inbox, name: bytes, identity: str = "alice") -> None:
    """One that holds for an hour."""
    await add_link(inbox, digest=name, identity=identity, expires_at=TEN + HOUR)


async def use(inbox: Inbox, name: bytes, key: bytes, *, after: timedelta = SECOND) -> str | LinkState | None:
    """Makes a key of a link, which holds for a month."""
    return await redeem(inbox, link=name, key=key, key_expires_at=TEN + MONTH, now=TEN + after)


async def count(inbox: Inbox) -> int | None:
    async with inbox.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(sign_ins))


async def test_a_link_is_used_once_and_within_its_time(inbox: Inbox) -> None:
    for name in (b"used", b"late"):
        await link(inbox, name)
    assert [await has_link(inbox, name) for name in (b"used", b"other")] == [True, False]
    assert await use(inbox, b"used", b"key") == "alice"
    # A transaction that is tried again finds its own key.
    assert await use(inbox, b"used", b"key", after=2 * HOUR) == "alice"
    assert await use(inbox, b"used", b"another") is LinkState.USED
    assert await use(inbox, b"late", b"third", after=HOUR) is LinkState.EXPIRED
    assert await use(inbox, b"other", b"third") is None
    found = await signed_in(inbox, b"key", now=TEN + MONTH - SECOND)
    assert found == SignIn("alice", TEN + HOUR, TEN + MONTH)
    for key, now in ((b"key", TEN + MONTH), (b"another", TEN), (b"third", TEN)):
        assert await signed_in(inbox, key, now=now) is None


async def test_a_device_signs_out_alone_and_an_agent_is_revoked_with_all(inbox: Inbox) -> None:
    for name, identity in ((b"1", "alice"), (b"2", "alice"), (b"3", "alice"), (b"4", "bob"), (b"5", "alice")):
        await link(inbox, name, identity)
    for name in (b"1", b"2", b"4"):
        await use(inbox, name, b"key " + name)
    await use(inbox, b"5", b"key 5", after=SECOND)
    await sign_out(inbox, key=b"key 5", now=TEN + SECOND)
    await sign_out(inbox, key=b"key 5", now=TEN + HOUR)
    async with inbox.reading() as connection:
        held = await sign_ins_that_hold(connection, now=TEN + 2 * SECOND)
        assert sorted(one.identity for one in held) == ["alice", "alice", "alice", "bob"]
        assert len(await sign_ins_that_hold(connection, now=TEN + HOUR)) == 3
    # A key holds after its link has ended.
    assert await signed_in(inbox, b"key 1", now=TEN + 2 * HOUR)
    assert await revoke(inbox, "alice", now=TEN + 3 * SECOND) == 3
    assert await use(inbox, b"3", b"key 3", after=4 * SECOND) is LinkState.EXPIRED
    for key in (b"key 1", b"key 2", b"key 5"):
        assert await signed_in(inbox, key, now=TEN + 4 * SECOND) is None
    assert await signed_in(inbox, b"key 4", now=TEN + 4 * SECOND)
    # The one that was signed out before has ended then: the later one moved no end.
    assert await drop_ended(inbox, now=TEN + SECOND + KEPT + SECOND) == 1


async def test_what_ended_long_ago_is_dropped(inbox: Inbox) -> None:
    for name in (b"open", b"used"):
        await link(inbox, name)
    await use(inbox, b"used", b"key")
    dropped = [await drop_ended(inbox, now=TEN + past + KEPT) for past in (HOUR, HOUR + SECOND, MONTH)]
    # A used link stays for as long as its key is told from one that never was.
    assert (dropped, await count(inbox)) == ([0, 1, 0], 1)
    assert await drop_ended(inbox, now=TEN + MONTH + KEPT + SECOND) == 1
