"""Legs that joined a call later, by its conference: Twilio's log of calls names their call nowhere.

What does is the URL of their status callbacks, which Twilio lists among a leg's Events.
https://www.twilio.com/docs/voice/api/call-event-resource
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from msgspec import Struct, field

from bridge.calls.agents import client_identity
from bridge.calls.callback import JOINED_AS, OF_CALL
from bridge.errors import TwilioDenied, TwilioRefused
from bridge.twilio.forms import CALL_SID
from bridge.twilio.rest.resources import CallResource, ConferenceResource
from bridge.twilio.urls import own_parameters

log = structlog.get_logger()

ALSO_BEFORE = timedelta(hours=4)
"""Conferences that began so long before a time can go on in it: Twilio's `timeLimit` of a Dial."""

EVENTS_AFTER = timedelta(minutes=20)
"""So long after the end of a leg Twilio lists its Events; Twilio names 15 minutes."""

NEAR = timedelta(seconds=2)
"""Twilio's times are whole seconds."""


class RequestLog(Protocol):
    """The part of `TwilioRest` that is used here; its methods raise TwilioError."""

    def conferences(
        self, *, name: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[ConferenceResource]: ...

    async def requested_urls(self, call_sid: str) -> list[str]: ...


class Joined(Struct):
    """Leg SID → its call (`roots`) and the act that called it (`acts`).

    `undecided` are legs of which Twilio does not tell yet.
    """

    roots: dict[str, str] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)
    undecided: list[CallResource] = field(default_factory=list)

    @property
    def undecided_since(self) -> datetime | None:
        """When the first of those began."""
        return min((at for leg in self.undecided if (at := began_at(leg))), default=None)


async def conferences_between(
    twilio: RequestLog, since: datetime, until: datetime
) -> list[ConferenceResource]:
    """The bridge's conferences that were open in this time. Raises TwilioError."""
    found = await _listed(twilio.conferences(since=since - ALSO_BEFORE, until=until))
    return [one for one in found if CALL_SID.fullmatch(one.friendly_name) and goes_on(one, since)]


async def conferences_of(twilio: RequestLog, root_sid: str) -> list[ConferenceResource]:
    """The conferences of a call. Raises TwilioError."""
    return await _listed(twilio.conferences(name=root_sid))


async def _listed(conferences: AsyncIterator[ConferenceResource]) -> list[ConferenceResource]:
    """None where the key is not allowed to list them: calls of two are reconciled without."""
    try:
        return [one async for one in conferences]
    except (TwilioDenied, TwilioRefused) as refused:
        log.warning("reconcile.conferences_refused", reason=str(refused))
        return []


async def _requested(twilio: RequestLog, call_sid: str) -> list[str]:
    try:
        return await twilio.requested_urls(call_sid)
    except (TwilioDenied, TwilioRefused) as refused:
        log.warning("reconcile.events_refused", call_sid=call_sid, reason=str(refused))
        return []


def goes_on(conference: ConferenceResource, at: datetime) -> bool:
    """Whether a conference had not ended at a time."""
    ended_at = conference.date_updated if conference.is_over else None
    return ended_at is None or ended_at + NEAR >= at


async def joined_later(
    twilio: RequestLog,
    listed: Mapping[str, Sequence[CallResource]],
    conferences: Sequence[ConferenceResource],
    *,
    is_possible: Callable[[CallResource], bool],
    quiet_since: datetime,
) -> Joined:
    """Which of the listed calls are legs of others, of those that are possibly one. Raises TwilioError."""
    deciding = _Deciding(twilio, listed, quiet_since, Joined())
    for legs in listed.values():
        is_candidate = len(legs) == 1 and _is_placed(legs[0]) and is_possible(legs[0])
        open_then = _open_at(conferences, began_at(legs[0])) if is_candidate else []
        if open_then:
            await deciding.decide(legs[0], {one.friendly_name for one in open_then})
    return deciding.found


def _is_placed(leg: CallResource) -> bool:
    """Whether the REST API placed it, as it places a leg that is called into a conference."""
    return leg.direction == "outbound-api" and leg.parent_call_sid is None


def _open_at(conferences: Iterable[ConferenceResource], at: datetime | None) -> list[ConferenceResource]:
    return [
        one
        for one in conferences
        if at and one.date_created and one.date_created <= at + NEAR and goes_on(one, at)
    ]


def began_at(leg: CallResource) -> datetime | None:
    """When a leg was dialled."""
    return leg.start_time or leg.date_created


class _Deciding(Struct, frozen=True):
    twilio: RequestLog
    listed: Mapping[str, Sequence[CallResource]]
    quiet_since: datetime
    found: Joined

    async def decide(self, leg: CallResource, roots: Collection[str]) -> None:
        """Which of the calls whose conferences were open then is the leg's."""
        if leg.end_time is None or leg.end_time + EVENTS_AFTER >= self.quiet_since:
            self.found.undecided.append(leg)
        elif named := _named(await _requested(self.twilio, leg.sid), roots):
            self.found.roots[leg.sid], self.found.acts[leg.sid] = named
        else:
            # Twilio keeps requests for a time: the only conference of the agent who called is the leg's.
            of_agent = [root for root in roots if _has_agent(self.listed.get(root, ()), leg.from_)]
            if len(of_agent) == 1:
                self.found.roots[leg.sid] = of_agent[0]


def _named(urls: Iterable[str], roots: Collection[str]) -> tuple[str, str] | None:
    """The call and the act that the bridge's own URLs name."""
    for own in map(own_parameters, urls):
        if (root := own.get(OF_CALL, "")) in roots:
            return root, own.get(JOINED_AS, "")
    return None


def _has_agent(legs: Iterable[CallResource], address: str) -> bool:
    return client_identity(address) is not None and any(address in (leg.from_, leg.to) for leg in legs)
