"""Builds what moves calls into conferences, and keeps these."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec import Struct

from bridge import background
from bridge.inbox.replicas import poll_replicas
from bridge.inbox.store import Inbox
from bridge.settings import Settings
from bridge.twilio.rest import TwilioRest
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.keeper import Keeper
from bridge.web.conferences.moving import Moving
from bridge.web.conferences.participants import Participants
from bridge.wiring.calls import CallRules


class ConferenceParts(Struct, frozen=True):
    """What moves calls into conferences, and what keeps these."""

    moving: Moving
    participants: Participants
    keeper: Keeper


SWEEP_SECONDS = 30.0


def conferences_of(
    settings: Settings, inbox: Inbox, rest: TwilioRest, rules: CallRules, *, check_seconds: float
) -> ConferenceParts:
    """Both parts; Twilio is asked who is in conferences every `check_seconds`."""
    urls = CallbackUrls(settings.server.public_url)
    moving = Moving(
        inbox,
        rest,
        rules.lines,
        urls=urls,
        is_emergency_number=rules.dialling.is_emergency,
    )
    every = timedelta(seconds=check_seconds)
    participants = Participants(
        moving.conferences, rest, rules.lines, urls=urls, tells=settings.voice.listening_announced
    )
    keeper = Keeper(inbox, rest, moving, rules.live_calls, participants=participants, every=every)
    return ConferenceParts(moving, participants, keeper)


@asynccontextmanager
async def hearing(inbox: Inbox, keeper: Keeper) -> AsyncIterator[None]:
    """Hears what other replicas store, and keeps conferences, until the block ends."""
    inbox.listeners.append(keeper.hear)
    task = background.keep_running(keeper.run, name="conferences")
    try:
        async with poll_replicas(inbox, inbox.hear):
            yield
    finally:
        await background.stop(task)
