"""What the inbox remembers of its operation, on both databases."""

from datetime import timedelta

from bridge.calls.callback import Kind
from bridge.inbox.checkpoints import APART, Checkpoints, Deliveries, is_delivered, last_delivery
from bridge.inbox.operation import (
    AlertStates,
    Standing,
    drop_lost,
    last_heard,
    lost_since,
    store_lost,
)
from bridge.inbox.store import Inbox
from tests.support import TEN, new_sid, told

SECOND, LOST_KEPT = timedelta(seconds=1), timedelta(days=30)


async def test_an_alert_stands_since_it_began_in_each_channel_by_itself(inbox: Inbox) -> None:
    mail, hook = AlertStates(inbox, "mail"), AlertStates(inbox, "hook")
    for channel in (mail, hook):
        await channel.begin("twenty", TEN)
    await mail.begin("disk", TEN)
    await mail.begin("twenty", TEN + SECOND)
    await mail.sent("twenty", TEN + 2 * SECOND)
    waits = Standing(TEN, None)
    assert await mail.all() == {"twenty": Standing(TEN, TEN + 2 * SECOND), "disk": waits}
    assert await hook.all() == {"twenty": waits}
    await mail.end("twenty")
    assert (await mail.all(), await hook.all()) == ({"disk": waits}, {"twenty": waits})


async def test_lost_webhooks_count_once_a_call_for_as_long_as_they_are_kept(inbox: Inbox) -> None:
    one, other = new_sid(), new_sid()
    await store_lost(inbox, [], TEN)
    await store_lost(inbox, [one, other], TEN)
    await store_lost(inbox, [one], TEN + SECOND)
    assert [await lost_since(inbox, TEN + past * SECOND) for past in (0, 1, 2)] == [2, 1, 0]
    assert [await drop_lost(inbox, now=TEN + LOST_KEPT + past * SECOND) for past in (0, 1, 2)] == [0, 1, 1]


async def test_what_the_bridge_or_an_agent_stored_is_no_webhook_of_twilios(inbox: Inbox) -> None:
    assert await last_heard(inbox) is None
    sid = new_sid()
    await inbox.store(told(Kind.STATUS, sid, at=1, CallStatus="ringing"))
    await inbox.store(told(Kind.VOICE, sid, at=2, CallStatus="ringing"))
    await inbox.store(told(Kind.DISPOSITION, sid, at=3, Disposition="a sale"))
    assert await last_heard(inbox) == TEN + 2 * SECOND
    heard = set()
    for at, kind in enumerate(Kind, 4):
        await inbox.store(told(kind, sid, at=at, Number=str(at)))
        heard |= {kind} if await last_heard(inbox) == TEN + at * SECOND else set()
    by_twilio = "voice", "status", "dial", "recording", "voicemail", "transcription"
    assert heard == {Kind(name) for name in by_twilio}


async def test_a_checkpoint_moves_and_of_those_with_a_prefix_one_stays(inbox: Inbox) -> None:
    checkpoints = Checkpoints(inbox)
    assert (await checkpoints.get("a"), await checkpoints.last_arrival()) == (None, None)
    for at in (TEN + SECOND, TEN):
        await checkpoints.save("a", at)
    await checkpoints.save("of 1", TEN)
    for name in ("of_2", "of_3"):
        await checkpoints.save_only(name, prefix="of_")
    assert await checkpoints.get("a") == TEN
    assert await checkpoints.existing(["a", "of 1", "of_2", "of_3", "b"]) == {"a", "of 1", "of_3"}


async def test_of_many_deliveries_one_is_stored_each_five_seconds(inbox: Inbox) -> None:
    deliveries = Deliveries(inbox)
    found = []
    for past in (timedelta(), APART - SECOND, APART, -SECOND):
        await deliveries.arrived(TEN + past)
        async with inbox.reading() as connection:
            found.append(await last_delivery(connection))
    # The last one came after a clock jumped back.
    assert found == [TEN, TEN, TEN + APART, TEN - SECOND]
    async with inbox.reading() as connection:
        assert not await is_delivered(connection, "p1")
    for person in ("p1", "p2"):
        await deliveries.arrived_of_probe(person)
    async with inbox.reading() as connection:
        assert [await is_delivered(connection, person) for person in ("p1", "p2")] == [False, True]
        assert await last_delivery(connection) == TEN - SECOND
