"""Under one name, one of all replicas acts at a time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from bridge.errors import TwilioUnavailable
from bridge.inbox.replicas import LONGEST, drop_ended_leases, lease
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import leases
from tests.support import BOUND

NOTHING = timedelta()


@pytest.fixture
async def inboxes(database_url: str) -> AsyncIterator[tuple[Inbox, Inbox]]:
    """Those of two processes."""
    async with open_inbox(database_url) as one, open_inbox(database_url) as other:
        yield one, other


async def is_free(inbox: Inbox, name: str) -> bool:
    async with lease(inbox, name) as is_held:
        return is_held


async def move_end(inbox: Inbox, by: timedelta) -> None:
    await inbox.change(update(leases).values(until=datetime.now(UTC) + by))


async def test_one_of_many_has_it(inboxes: tuple[Inbox, Inbox]) -> None:
    all_asked = asyncio.Barrier(len(inboxes) * 10)

    async def act(inbox: Inbox) -> bool:
        async with lease(inbox, "a") as is_held:
            await all_asked.wait()
            return is_held

    async with asyncio.timeout(BOUND):
        held = await asyncio.gather(*(act(inbox) for inbox in inboxes * 10))
    assert sum(held) == 1
    assert await is_free(inboxes[1], "a")


async def test_another_name_is_free(inboxes: tuple[Inbox, Inbox]) -> None:
    one, other = inboxes
    async with lease(one, "a"):
        assert await is_free(other, "b")


@pytest.mark.parametrize("keep", [NOTHING, timedelta(seconds=30)])
async def test_it_is_kept_for_a_while(inboxes: tuple[Inbox, Inbox], keep: timedelta) -> None:
    one, other = inboxes
    async with lease(one, "a", keep=keep):
        pass
    assert await is_free(other, "a") is not bool(keep)


async def test_what_fails_frees_it(inboxes: tuple[Inbox, Inbox]) -> None:
    one, other = inboxes
    with pytest.raises(TwilioUnavailable):
        async with lease(one, "a", keep=timedelta(seconds=30)):
            raise TwilioUnavailable("away")
    assert await is_free(other, "a")


@pytest.mark.parametrize(("until", "is_over"), [(-1, True), (60, False), (2 * LONGEST.seconds + 60, True)])
async def test_a_process_that_died_or_a_clock_that_jumped_holds_nothing_for_long(
    inboxes: tuple[Inbox, Inbox], until: int, *, is_over: bool
) -> None:
    one, other = inboxes
    async with lease(one, "a"):
        await move_end(one, timedelta(seconds=until))
        assert await is_free(other, "a") is is_over


async def test_a_short_one_is_renewed_while_its_block_lasts(inboxes: tuple[Inbox, Inbox]) -> None:
    one, other = inboxes
    lasts = timedelta(seconds=3)
    async with lease(one, "a", lasts=lasts) as is_held:
        assert is_held
        started = await _until(one)
        while await _until(one) <= started + lasts:
            assert not await is_free(other, "a")
            await asyncio.sleep(0.05)


async def _until(inbox: Inbox) -> datetime:
    async with inbox.reading() as connection:
        found = await connection.scalar(select(leases.c.until))
    assert isinstance(found, datetime)
    return found


async def test_of_a_process_that_died_sqlite_keeps_none(tmp_path: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}") as inbox:
        until, holder = datetime.now(UTC) + timedelta(seconds=60), b"of another start"
        await inbox.change(insert(leases).values(name="a", holder=holder, until=until))
        assert await is_free(inbox, "a")


async def test_who_lost_it_frees_no_other(inboxes: tuple[Inbox, Inbox]) -> None:
    one, other = inboxes
    async with lease(one, "a"):
        await move_end(one, timedelta(seconds=-1))
        async with lease(other, "a") as is_held:
            assert is_held
            async with lease(one, "a") as is_held_again:
                assert not is_held_again
        await move_end(other, timedelta(seconds=60))
    assert not await is_free(other, "a")


async def test_ended_ones_are_dropped(inbox: Inbox) -> None:
    async with lease(inbox, "a"):
        assert await drop_ended_leases(inbox, now=datetime.now(UTC)) == 0
    assert await drop_ended_leases(inbox, now=datetime.now(UTC) + 2 * LONGEST) == 1
