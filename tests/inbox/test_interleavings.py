"""Two things happen to one call: whichever comes first, none undoes the other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import combinations_with_replacement, product

import pytest

from bridge.calls.callback import Kind
from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from tests.inbox.one_call import (
    AFTERWARDS,
    ALL,
    BEFORE,
    JANES,
    LONGEST,
    MEANWHILE,
    Model,
    Stage,
    a_call,
    dropped,
    shown,
)
from tests.support import new_sid, outbound, told

SEQUENCES = [*((name,) for name in MEANWHILE), *product(("relink", "unlink", "doubt"), ("put", "erase"))]


slow = pytest.mark.slow


def histories(database: str) -> pytest.MarkDecorator:
    """All of them on one database, and on the other the longest: with the others it does the same."""
    each = [
        pytest.param(
            on, before, id=f"{on}-{before}", marks=() if database == on or before == LONGEST else slow
        )
        for on in ("sqlite", "postgresql")
        for before in BEFORE
    ]
    return pytest.mark.parametrize(("database_url", "before"), each, indirect=["database_url"])


@histories("sqlite")
async def test_what_comes_between_the_claim_and_its_end_holds(inbox: Inbox, before: str) -> None:
    for names, last in product(SEQUENCES, AFTERWARDS):
        stage, model = await a_call(inbox, before)
        for act, does in [*(MEANWHILE[name] for name in names), AFTERWARDS[last]]:
            await act(stage)
            model = does(model)
        assert await stage.seen() == shown(model), f"{before}: {', '.join(names)}, {last}"
        await stage.leave()


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Sequence[Inbox]]:
    """As two processes have one database."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_inbox(database_url)) for _ in range(2)]


@pytest.mark.parametrize("other_way", [False, pytest.param(True, marks=slow)], ids=["one way", "other way"])
@histories("postgresql")
async def test_two_at_once_are_as_one_after_the_other(
    two: Sequence[Inbox], database_url: str, before: str, *, other_way: bool
) -> None:
    """One of two begins on SQLite and the other on PostgreSQL; `other_way`: vice versa."""
    first, second = two
    forwards = database_url.startswith("sqlite") is not other_way
    for pair in combinations_with_replacement(ALL, 2):
        one, other = pair if forwards else reversed(pair)
        stage, model = await a_call(first, before)
        beside = replace(stage, inbox=second, heard=100)
        await asyncio.gather(ALL[one][0](stage), ALL[other][0](beside))
        either = [shown(ALL[b][1](ALL[a][1](model))) for a, b in ((one, other), (other, one))]
        assert await stage.seen() in either, f"{before}: {one} beside {other}"
        await stage.leave()


async def test_no_callback_stays_of_a_call_that_is_erased_beside_it(two: Sequence[Inbox]) -> None:
    first, second = two
    for _ in range(30):
        sid = new_sid()
        await first.store(outbound(sid, JANES))
        arriving = [
            second.store(told(Kind.STATUS, sid, at=n, To=JANES, CallStatus="ringing", SequenceNumber=str(n)))
            for n in range(5)
        ]
        await asyncio.gather(erase(first, [sid]), *arriving)
        assert await Stage(first, sid).seen() == dropped(Model())
