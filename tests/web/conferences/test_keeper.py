"""The keeper of conferences waits for what it has heard to be stored, but not for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from structlog.testing import capture_logs

from bridge import background
from bridge.calls.callback import Callback
from bridge.calls.live_calls import LiveCalls
from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from bridge.sandbox.twilio import twilio_sandbox
from bridge.settings.served import lines_of
from bridge.twilio.rest import TwilioRest, open_rest
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.keeper import Keeper
from bridge.web.conferences.moving import Moving
from bridge.web.conferences.participants import Participants
from tests.calls.plays import ANNA, Play
from tests.support import eventually, twilio_settings
from tests.web.conftest import PUBLIC_URL, settings_with

EVERY = timedelta(seconds=0.2)


def keeper_of(inbox: Inbox, rest: TwilioRest, database: Path, live_calls: LiveCalls) -> Keeper:
    settings, urls = settings_with({}, database), CallbackUrls(PUBLIC_URL)
    lines = lines_of(settings.lines, agents=settings.agents, voice=settings.voice)
    moving = Moving(inbox, rest, lines, urls=urls, is_emergency_number=lambda _: False)
    participants = Participants(moving.conferences, rest, lines, urls=urls, tells=False)
    return Keeper(inbox, rest, moving, live_calls, participants=participants, every=EVERY)


def left_on_hold() -> list[Callback]:
    """A call whose customer the agent has left on hold."""
    play = Play(inbound=True)
    play.hold_customer()
    play.leave(ANNA)
    return [replace(one, received_at=datetime.now(UTC)) for one in play.told]


async def test_a_callback_that_is_never_stored_keeps_no_other_waiting(tmp_path: Path) -> None:
    database = tmp_path / "bridge.db"
    async with (
        twilio_sandbox() as twilio,
        open_rest(twilio_settings(twilio), pauses=()) as rest,
        open_inbox(f"sqlite+aiosqlite:///{database}") as inbox,
    ):
        keeper, told = keeper_of(inbox, rest, database, LiveCalls()), left_on_hold()
        running = background.keep_running(keeper.run, name="conferences")
        with capture_logs() as logged:
            keeper.hear(replace(told[-2], digest=b"of a row that the disk did not take"))
            async with inbox.writing():
                for one in told:
                    keeper.hear(one)
                    await inbox.store(one)
                assert [one for one in logged if one["event"] == "conference.kept"] == []
                await eventually(lambda: any(one["event"] == "conference.kept" for one in logged))
        await background.stop(running)


async def test_a_call_of_which_nothing_is_stored_is_forgotten(tmp_path: Path) -> None:
    database = tmp_path / "bridge.db"
    async with (
        twilio_sandbox() as twilio,
        open_rest(twilio_settings(twilio), pauses=()) as rest,
        open_inbox(f"sqlite+aiosqlite:///{database}") as inbox,
    ):
        keeper = keeper_of(inbox, rest, database, LiveCalls())
        running = background.keep_running(keeper.run, name="conferences")
        keeper.hear(left_on_hold()[-2])
        assert keeper.waiting == 1
        await eventually(lambda: keeper.waiting == 0)
        await background.stop(running)


async def test_a_call_that_was_erased_keeps_no_other_from_being_looked_at(tmp_path: Path) -> None:
    database, live_calls = tmp_path / "bridge.db", LiveCalls()
    async with (
        twilio_sandbox() as twilio,
        open_rest(twilio_settings(twilio), pauses=()) as rest,
        open_inbox(f"sqlite+aiosqlite:///{database}") as inbox,
    ):
        keeper = keeper_of(inbox, rest, database, live_calls)
        for one in (told := left_on_hold()):
            live_calls.add(one)
            await inbox.store(one)
        assert live_calls.conferences(datetime.now(UTC)) == [told[0].root_sid]
        await erase(inbox, {told[0].root_sid})
        await keeper.sweep(datetime.now(UTC) + 10 * EVERY)
        running = background.keep_running(keeper.run, name="conferences")
        with capture_logs() as logged:
            await eventually(lambda: keeper.waiting == 0)
        await background.stop(running)
        assert [one for one in logged if one["event"] == "task.failed"] == []
