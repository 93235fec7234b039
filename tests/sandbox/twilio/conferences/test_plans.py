"""A conference ends after any acts in any order, and its callbacks agree with each other."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.sandbox.twilio import Party, PlayedCall
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.faults import Delivery
from tests.sandbox.twilio.conferences.support import COLLEAGUE, HOLDS, TRAINER, Meeting, room
from tests.sandbox.twilio.conftest import connected, running_app
from tests.sandbox.twilio.support import App, Connect, calling_the_api, dial
from tests.support import BOUND

ACTS = st.sampled_from(
    ["hold", "mute", "kick", "redirect", "hang up", "invite", "coach", "ends", "skip", "end"]
)
STEPS = st.lists(st.tuples(ACTS, st.integers(0, 3)), max_size=12)
FAULTY = st.builds(
    Delivery, seed=st.integers(0, 99), shuffle=st.booleans(), duplicate=st.sampled_from([0.0, 0.5])
)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, FAULTY)
def test_any_plan_comes_to_its_end(steps: list[tuple[str, int]], delivery: Delivery) -> None:
    asyncio.run(_play(steps, delivery))


async def _play(steps: Sequence[tuple[str, int]], delivery: Delivery) -> None:
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(running_app())
        sandbox = await stack.enter_async_context(connected(app, delivery=delivery))
        rest = await stack.enter_async_context(calling_the_api(sandbox))
        app.on("/room", dial(room(participantLabel="customer"), action="/dial"))
        app.on("/away", "<Response><Hangup/></Response>")
        sandbox.parties = {COLLEAGUE: HOLDS, TRAINER: Party.no_answer()}
        meeting = Meeting(app, sandbox, rest)
        await meeting.moved()
        for act, which in steps:
            await _act(meeting, act, which)
        await _everyone_goes(meeting)
        _check(meeting)


async def _act(meeting: Meeting, act: str, which: int) -> None:
    legs = meeting.legs
    leg = legs[which % len(legs)]
    match act:
        case "invite":
            await _try(meeting, "Participants.json", To=(COLLEAGUE, TRAINER)[which % 2], From="+33159130001")
        case "end":
            await _try(meeting, ".json", Status="completed")
        case "skip":
            meeting.sandbox.skip(10 * which)
        case "hang up":
            if not leg.is_over:
                meeting.hang_up(leg)
        case "redirect":
            async with meeting.rest.post(f"Calls/{leg.sid}.json", data={"Url": f"{meeting.app.url}/away"}):
                pass
        case "kick":
            async with meeting.rest.delete(meeting.path(leg)):
                pass
        case _:
            await _try(meeting, f"Participants/{leg.sid}.json", **_form(act, legs[0].sid, on=which % 2 == 0))


def _form(act: str, other: str, *, on: bool) -> dict[str, str]:
    flag = str(on).lower()
    forms = {
        "hold": {"Hold": flag},
        "mute": {"Muted": flag},
        "coach": {"Coaching": flag, "CallSidToCoach": other},
        "ends": {"EndConferenceOnExit": flag},
    }
    return forms[act]


async def _try(meeting: Meeting, path: str, **form: str) -> Any:
    sid = meeting.conference.sid
    whole = f"Conferences/{sid}{path}" if path.startswith(".") else f"Conferences/{sid}/{path}"
    async with meeting.rest.post(whole, data=form) as response:
        assert response.status < 500, await response.text()


async def _everyone_goes(meeting: Meeting) -> None:
    async with asyncio.timeout(BOUND):
        while running := [leg for leg in meeting.legs if not leg.is_over]:
            for leg in running:
                with suppress(RestError):  # its line is not there yet, or no more
                    meeting.hang_up(leg)
            await asyncio.sleep(0)
        await meeting.over()
        for leg in meeting.legs:
            if leg.direction == "outbound-api":
                await meeting.sandbox.finished(leg.sid)


def _check(meeting: Meeting) -> None:
    for conference in meeting.sandbox.account.conferences.all():
        assert conference.is_over
        assert conference.participants == {}
    told = {int(one["SequenceNumber"]): one for one in meeting.app.got("/conference")}
    assert sorted(told) == list(range(1, len(told) + 1)), "none is lost, each has its own number"
    events = [told[number]["StatusCallbackEvent"] for number in sorted(told)]
    assert events[-1] == "conference-end"
    assert events.count("conference-end") == 1
    assert events.count("conference-start") <= 1
    by = [(one["StatusCallbackEvent"], one["CallSid"]) for one in told.values() if "CallSid" in one]
    joined = Counter(sid for event, sid in by if event == "participant-join")
    left = Counter(sid for event, sid in by if event == "participant-leave")
    assert set(joined.values()) <= {1}
    assert joined.keys() <= left.keys()
    assert set(left.values()) == {1}


@pytest.mark.parametrize(
    ("delivery", "copies"),
    [
        (Delivery(duplicate=1.0), 2),
        (Delivery(drop=1.0), 0),
        (Delivery(delay=0.05), 1),
        (Delivery(shuffle=True), 1),
    ],
)
async def test_callbacks_are_lost_doubled_and_late(
    app: App, connect: Connect, delivery: Delivery, copies: int
) -> None:
    async with connect(app, delivery=delivery) as sandbox, calling_the_api(sandbox) as rest:
        await _one_alone(Meeting(app, sandbox, rest))
    numbers = Counter(one["SequenceNumber"] for one in app.got("/conference"))
    assert set(numbers.values()) <= {copies}
    assert len(numbers) == (3 if copies else 0)


async def test_a_wrong_signature(app: App, connect: Connect) -> None:
    async with (
        connect(app, delivery=Delivery(bad_signature=1.0)) as sandbox,
        calling_the_api(sandbox) as rest,
    ):
        played = await _one_alone(Meeting(app, sandbox, rest))
    assert [sent.signed for sent in played.deliveries if sent.kind == "conference"] == [False] * 3


async def _one_alone(meeting: Meeting) -> PlayedCall:
    meeting.hang_up(await meeting.calls())
    [played] = await meeting.over()
    return played
