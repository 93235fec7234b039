"""Builds what moves calls into conferences, and keeps these."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridge import background
from bridge.inbox.replicas import poll_replicas
from bridge.inbox.store import Inbox
from bridge.settings import Settings
from bridge.twilio.rest import TwilioRest
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.keeper import Keeper
from bridge.web.conferences.moving import Moving
from bridge.wiring.calls import CallRules, Listeners


@dataclass(frozen=True, slots=True)
class ConferenceParts:
    """What moves calls into conferences, and what keeps these."""

    moving: Moving
    keeper: Keeper


def conferences_of(settings: Settings, inbox: Inbox, rest: TwilioRest, rules: CallRules) -> ConferenceParts:
    """Both parts."""
    moving = Moving(
        inbox,
        rest,
        rules.lines,
        urls=CallbackUrls(settings.server.public_url),
        is_emergency=rules.dialling.is_emergency,
    )
    return ConferenceParts(moving, Keeper(inbox, rest, moving, rules.live_calls))


@asynccontextmanager
async def hearing(inbox: Inbox, listeners: Listeners, keeper: Keeper) -> AsyncIterator[None]:
    """Hears what other replicas store, and keeps conferences, until the block ends."""
    listeners.hear.append(keeper.hear)
    task = background.keep_running(keeper.run, name="conferences")
    try:
        async with poll_replicas(inbox, listeners):
            yield
    finally:
        await background.stop(task)
