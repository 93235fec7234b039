"""Builds what decides about calls: the lines, the calls that are going on, and what may be dialled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from bridge.calls.dialling.admission import Admission
from bridge.calls.dialling.caller_ids import CallerIds
from bridge.calls.dialling.rules import Dialling
from bridge.calls.live_calls import LiveCalls
from bridge.calls.routing.lines import Lines
from bridge.inbox.queries import recent_callbacks
from bridge.inbox.store import Inbox, open_inbox
from bridge.settings import Settings
from bridge.settings.served import lines_of
from bridge.twenty.people.members import Members


class CallRules(Struct, frozen=True, kw_only=True):
    """What calls are decided by; the live calls counts for all of them."""

    lines: Lines
    live_calls: LiveCalls
    dialling: Dialling
    caller_ids: CallerIds
    admission: Admission


def live_calls_of(settings: Settings) -> LiveCalls:
    """Knows the calls that are going on."""
    longest = settings.voice.longest_call_seconds
    return LiveCalls(longest=timedelta(seconds=longest) if longest else None)


@asynccontextmanager
async def open_inbox_and_live_calls(settings: Settings) -> AsyncIterator[tuple[Inbox, LiveCalls]]:
    """The inbox, and the live calls, which have heard its latest callbacks and hear of new ones first."""
    live_calls = live_calls_of(settings)
    url = settings.inbox.database_url.get_secret_value()
    transcribing = settings.transcripts.is_on
    async with open_inbox(url, listeners=[live_calls.add], serves=True, transcribing=transcribing) as inbox:
        for callback in await recent_callbacks(inbox, datetime.now(UTC) - live_calls.keeps):
            inbox.hear(callback)
        yield inbox, live_calls


def call_rules(settings: Settings, live_calls: LiveCalls, members: Members) -> CallRules:
    """The rules of calls in and out; `members` says whose own caller IDs a user of Twenty has."""
    dialling = Dialling(settings.dialling.rules(settings.region))
    company = (settings.twilio.phone_number, *settings.dialling.caller_ids)
    caller_ids = CallerIds(company=company, own=members.caller_ids, region=settings.region)
    return CallRules(
        lines=lines_of(
            settings.lines,
            agents=settings.agents,
            voice=settings.voice,
            transcripts=settings.transcripts,
        ),
        live_calls=live_calls,
        dialling=dialling,
        caller_ids=caller_ids,
        admission=Admission(
            dialling=dialling,
            caller_ids=caller_ids,
            limits=settings.dialling.limits,
            live_calls=live_calls,
        ),
    )
