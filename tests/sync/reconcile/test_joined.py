"""Which legs joined a call later by its conference: told by times, Events and the agent's address."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.errors import TwilioDenied, TwilioRefused
from bridge.sync.reconcile.joined import Joined, conferences_between, conferences_of, joined_later
from bridge.twilio.rest.resources import CallResource, ConferenceResource
from tests.support import TEN
from tests.sync.reconcile.test_comparison import resource

ROOT, OTHER, LEG = (f"CA{digit * 32}" for digit in "123")
ALICE, BOB = "client:alice", "+33639980002"
SECOND = timedelta(seconds=1)
LATER = TEN + timedelta(hours=1)
ALSO_BEFORE, EVENTS_AFTER = timedelta(hours=4), timedelta(minutes=20)


@dataclass
class Twilio:
    """What Twilio lists of an account; where it is not allowed to say so, an error."""

    rooms: Sequence[ConferenceResource] = ()
    urls: Sequence[str] = ()
    error: Exception | None = None
    asked: list[Any] = field(default_factory=list)

    async def conferences(
        self, *, name: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[ConferenceResource]:
        self.asked.append((name, since, until))
        if self.error:
            raise self.error
        for room in self.rooms:
            yield room

    async def requested_urls(self, call_sid: str) -> list[str]:
        self.asked.append(call_sid)
        if self.error:
            raise self.error
        return list(self.urls)


def room(name: str = ROOT, **more: Any) -> ConferenceResource:
    """One that was open from ten until a minute later."""
    usual: dict[str, Any] = {
        "sid": "CF" + name[2:],
        "friendly_name": name,
        "status": "completed",
        "date_created": TEN,
        "date_updated": TEN + 60 * SECOND,
        "reason_conference_ended": None,
        "call_sid_ending_conference": None,
    }
    return ConferenceResource(**usual | more)


def leg(from_: str = ALICE, **more: Any) -> CallResource:
    """One that the REST API placed from Alice to Bob, half a minute after ten."""
    times = {"start_time": TEN + 30 * SECOND, "end_time": TEN + 50 * SECOND}
    return resource(from_, BOB, **{"sid": LEG, "direction": "outbound-api", **times, **more})


async def found(
    twilio: Twilio,
    *legs: CallResource,
    rooms: Sequence[ConferenceResource] = (room(),),
    others: Mapping[str, Sequence[CallResource]] | None = None,
    possible: bool = True,
) -> Joined:
    listed = {LEG: legs or (leg(),), ROOT: (resource(ALICE, BOB), resource("", "")), **(others or {})}
    return await joined_later(
        twilio, listed, rooms, is_possible=lambda _: possible, quiet_since=TEN + timedelta(hours=1)
    )


def told(root: str = ROOT, act: str = "ask-1") -> list[str]:
    return [f"https://phone.example.com/twilio/status?joins={root}&as={act}"]


@pytest.mark.parametrize("address", [ALICE, "+33159130001"])
async def test_a_leg_belongs_to_the_call_that_its_status_callbacks_name(address: str) -> None:
    joined = await found(Twilio(urls=["https://elsewhere.example.com/", *told()]), leg(from_=address))
    assert (joined.roots, joined.acts) == ({LEG: ROOT}, {LEG: "ask-1"})


async def test_where_no_request_is_listed_any_more_the_agents_only_conference_tells() -> None:
    for urls in ([], told(OTHER), ["https://phone.example.com/twilio/status"]):
        joined = await found(Twilio(urls=urls))
        assert (joined.roots, joined.acts) == ({LEG: ROOT}, {})


async def test_of_two_conferences_of_the_agent_neither_is_guessed() -> None:
    both = [room(), room(OTHER)]
    of_alice = {OTHER: (resource(BOB, ALICE), resource("", ""))}
    of_bob = {OTHER: (resource(BOB, "+33159130001"), resource("", ""))}
    assert (await found(Twilio(), rooms=both, others=of_alice)).roots == {}
    assert (await found(Twilio(), rooms=both, others=of_bob)).roots == {LEG: ROOT}
    assert (await found(Twilio(urls=told(OTHER)), rooms=both, others=of_alice)).roots == {LEG: OTHER}


async def test_a_telephone_number_is_no_agent_by_whom_a_call_is_guessed() -> None:
    of_number = {ROOT: (resource(BOB, "+33159130001"), resource("", ""))}
    assert (await found(Twilio(), leg(from_="+33159130001"), others=of_number)).roots == {}


@pytest.mark.parametrize(
    "more",
    [
        {"direction": "inbound"},
        {"direction": "outbound-dial"},
        {"start_time": TEN - 3 * SECOND},
        {"start_time": TEN + 63 * SECOND},
        {"start_time": None, "date_created": None},
    ],
)
async def test_who_cannot_have_been_called_into_the_conference(more: dict[str, Any]) -> None:
    twilio = Twilio(urls=told())
    assert (await found(twilio, leg(**more))).roots == {}
    assert twilio.asked == []


@pytest.mark.parametrize("seconds", [-2, 62])
async def test_twilios_times_are_whole_seconds(seconds: int) -> None:
    assert (await found(Twilio(urls=told()), leg(start_time=TEN + seconds * SECOND))).roots


async def test_a_leg_with_legs_of_its_own_or_of_a_call_known_already_is_none() -> None:
    twilio = Twilio(urls=told())
    assert (await found(twilio, leg(), leg(sid=OTHER))).roots == {}
    assert (await found(twilio, possible=False)).roots == {}
    assert (await found(twilio, rooms=[room(date_created=None)])).roots == {}
    assert twilio.asked == []


@pytest.mark.parametrize(
    ("end", "decided"),
    [(None, False), (LATER - EVENTS_AFTER, False), (LATER - EVENTS_AFTER - SECOND, True)],
)
async def test_a_leg_waits_until_twilio_lists_its_requests(end: datetime | None, decided: bool) -> None:
    going_on = room(status="in-progress", date_updated=None)
    legs = [leg(start_time=None, date_created=TEN + 40 * SECOND, end_time=end)]
    joined = await found(Twilio(urls=told()), *legs, rooms=[going_on])
    assert (bool(joined.roots), joined.undecided == legs) == (decided, not decided)
    assert joined.undecided_since == (None if decided else TEN + 40 * SECOND)


async def test_since_when_it_waits_is_the_first_legs_time() -> None:
    early, late = leg(end_time=None, start_time=TEN), leg(sid=OTHER, end_time=None)
    joined = await found(Twilio(), early, others={OTHER: [late]})
    assert joined.undecided_since == TEN


@pytest.mark.parametrize("error", [TwilioDenied("no right"), TwilioRefused("no Events", status=404)])
async def test_a_key_without_the_right_reconciles_calls_of_two(error: Exception) -> None:
    assert await conferences_of(Twilio([room()], error=error), ROOT) == []
    assert (await found(Twilio(urls=told(), error=error))).acts == {}


async def test_which_conferences_were_open_in_a_time() -> None:
    since, until = TEN + 60 * SECOND, LATER
    rooms = [
        room(),
        room(OTHER, date_updated=since - 2 * SECOND),
        room(LEG, status="in-progress", date_updated=None),
        room("CA" + "4" * 32, date_updated=since - 3 * SECOND),
        room("another application's"),
    ]
    twilio = Twilio(rooms)
    assert await conferences_between(twilio, since, until) == rooms[:3]
    assert twilio.asked == [(None, since - ALSO_BEFORE, until)]
    assert await conferences_of(twilio, ROOT) == rooms
    assert twilio.asked[1:] == [(ROOT, None, None)]
