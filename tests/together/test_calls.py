"""What an agent does with a call that goes on, from the widget to Twilio and into Twenty."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from bridge.sandbox.twilio import Leg, Party, PlayedCall
from bridge.sandbox.twilio.rest.media import silent_mp3
from tests.support import BOUND, ask, create_person, eventually, finished, nodes_of
from tests.together.conftest import House, OpenHouse, OpenReplica
from tests.web.conftest import KEY

JANE, JOHN = "+33612345678", "+33698765432"
HOLDS = Party.answers(after=2, talks=None)
NOBODY = "CA" + "9" * 32


def legs(house: House) -> list[Leg]:
    return list(house.twilio.account.calls.values())


@asynccontextmanager
async def talking(house: House, call: asyncio.Task[PlayedCall], talks: str) -> AsyncIterator[tuple[str, str]]:
    """A call in which that leg talks: the SIDs of the call and of that leg. It is hung up in the end."""

    def on_the_phone() -> list[Leg]:
        on = {leg.sid: leg for leg in legs(house) if leg.status == "in-progress"}
        return [leg for leg in on.values() if leg.to == talks and leg.parent_sid in on]

    try:
        await eventually(lambda: bool(on_the_phone()))
        leg = on_the_phone()[0]
        yield str(leg.parent_sid), leg.sid
    finally:
        for one in legs(house):
            if not one.is_over and one.parent_sid is None:
                house.twilio.command(one, None)
        await call


def calling_out(house: House) -> asyncio.Task[PlayedCall]:
    """Alice calls Jane, and they talk until somebody ends it."""
    house.twilio.parties[JANE] = HOLDS
    return asyncio.create_task(house.twilio.call_from_browser("alice", JANE))


def calling_in(house: House) -> asyncio.Task[PlayedCall]:
    """Jane calls, Alice takes it, Bob does not."""
    house.twilio.parties["client:alice"] = HOLDS
    return asyncio.create_task(house.twilio.call_from_phone(JANE))


async def until_heard(house: House, sid: str, agent: str) -> None:
    """Until the bridge was told that the agent is on the line."""
    async with asyncio.timeout(BOUND):
        while (await house.act(sid, "recording", action="pause", identity=agent))[1] != NOT_RECORDED:
            pass


NOT_RECORDED = {
    "type": "about:blank",
    "title": "Conflict",
    "status": 409,
    "detail": "Nothing of this call is being recorded.",
    "code": "recording.none",
}


@pytest.mark.parametrize("by_leg", [False, True])
async def test_hanging_up(house: House, *, by_leg: bool) -> None:
    async with talking(house, task := calling_in(house), "client:alice") as (sid, leg):
        await until_heard(house, sid, "alice")
        asked = leg if by_leg else sid
        assert await house.act(asked, "hangup", identity="alice") == (204, {})
        played = await task
        assert "completed" in [leg.status for leg in played.legs if leg.to == "client:alice"]
        # A double click is answered alike, also when the end was heard.
        record = await finished(house.twenty, sid)
        assert record["status"] == "COMPLETED"
        assert await house.act(asked, "hangup", identity="alice") == (204, {})
        status, told = await house.act(asked, "recording", identity="alice", action="start")
        assert (status, told["detail"]) == (409, "The call is over.")


async def test_a_call_out_is_hung_up(house: House) -> None:
    async with talking(house, task := calling_out(house), JANE) as (sid, _):
        assert await house.act(sid, "hangup", identity="alice") == (204, {})
        assert (await task).legs[0].status == "completed"


async def test_a_caller_is_sent_on_to_a_colleague(house: House) -> None:
    house.twilio.parties["client:bob"] = Party.no_answer()
    async with talking(house, task := calling_in(house), "client:alice") as (sid, leg):
        await until_heard(house, sid, "alice")
        house.twilio.parties["client:bob"] = Party.answers(after=4, talks=30)
        both = [house.act(leg, "transfer", identity="alice", to="client:bob") for _ in range(2)]
        assert await asyncio.gather(*both) == [(204, {}), (204, {})]
        played = await task
    assert played.errors == []
    rung = [leg for leg in played.legs if leg.to == "client:bob" and leg.status == "completed"]
    assert [leg.duration for leg in rung] == [30], "rung once, however often it was clicked"
    record = await finished(house.twenty, sid)
    assert record["status"] == "COMPLETED"
    assert record["durationInSeconds"] >= 30


async def test_a_caller_is_sent_on_to_a_number(house: House) -> None:
    house.twilio.parties[JOHN] = Party.answers(after=4, talks=30)
    async with talking(house, task := calling_in(house), "client:alice") as (sid, _):
        await until_heard(house, sid, "alice")
        assert await house.act(sid, "transfer", identity="alice", to="06 98 76 54 32") == (204, {})
        played = await task
    assert played.errors == []
    (leg,) = [leg for leg in played.legs if leg.to == JOHN]
    assert (leg.from_, leg.status) == (house.twilio.phone_number, "completed")


@pytest.mark.parametrize(
    ("to", "digits"),
    [
        ("06 98 76 54 32 x12", "wwww12"),
        ("+33698765432;ext=44", "wwww44"),
        ("+33 6 98 76 54 32,,12#", "wwwwwwww12#"),
    ],
)
async def test_a_caller_is_sent_on_to_an_extension(house: House, to: str, digits: str) -> None:
    house.twilio.parties[JOHN] = Party.answers(after=1, talks=5)
    async with talking(house, task := calling_in(house), "client:alice") as (sid, _):
        await until_heard(house, sid, "alice")
        assert await house.act(sid, "transfer", identity="alice", to=to) == (204, {})
        played = await task
    assert played.errors == []
    assert [leg.status for leg in played.legs if leg.to == JOHN] == ["completed"]
    (document,) = [document for document in played.twiml if "step=transfer" in document]
    assert f'sendDigits="{digits}"' in document


async def test_one_transfer_of_a_call_at_a_time(house: House) -> None:
    house.twilio.parties[JOHN] = Party.answers(after=1, talks=5)
    async with talking(house, task := calling_in(house), "client:alice") as (sid, _):
        await until_heard(house, sid, "alice")
        several = [house.act(sid, "transfer", identity="alice", to=f"06 98 76 54 3{n}") for n in range(5)]
        assert sorted(status for status, _ in await asyncio.gather(*several)) == [204, 409, 409, 409, 409]
        played = await task
    assert len([leg for leg in played.legs if leg.to.startswith("+336987654")]) == 1


@pytest.fixture
async def replicas(
    open_house: OpenHouse, open_replica: OpenReplica, postgres_url: str
) -> tuple[House, House]:
    """Two bridges on one PostgreSQL; Twilio's webhooks reach the first."""
    house = await open_house(inbox={"database_url": postgres_url})
    return house, await open_replica(house)


async def test_one_transfer_of_a_call_at_a_time_for_all_replicas(replicas: tuple[House, House]) -> None:
    house, _ = replicas
    house.twilio.parties[JOHN] = Party.answers(after=1, talks=5)
    async with talking(house, task := calling_in(house), "client:alice") as (sid, _):
        await until_heard(house, sid, "alice")
        several = [
            each.act(sid, "transfer", identity="alice", to=f"06 98 76 54 3{number}")
            for number in range(5)
            for each in replicas
        ]
        assert sorted(status for status, _ in await asyncio.gather(*several)) == [204] + [409] * 9
        played = await task
    assert len([leg for leg in played.legs if leg.to.startswith("+336987654")]) == 1


async def test_one_recording_of_a_call_for_all_replicas(replicas: tuple[House, House]) -> None:
    house, _ = replicas
    async with talking(house, calling_in(house), "client:alice") as (sid, _):
        await until_heard(house, sid, "alice")
        both = [each.act(sid, "recording", identity="alice", action="start") for each in replicas]
        assert {status for status, _ in await asyncio.gather(*both)} <= {200, 409}
        assert len(house.twilio.account.recordings) == 1
        assert [await shown_recording(each, sid) for each in replicas] == ["in-progress"] * 2


async def test_transfers_count_towards_the_limits(open_house: OpenHouse) -> None:
    house = await open_house(dialling={"agent_calls_a_minute": 0})
    async with talking(house, task := calling_in(house), "client:alice") as (sid, _):
        await until_heard(house, sid, "alice")
        assert (await house.act(sid, "transfer", identity="alice", to="06 98 76 54 32"))[0] == 429
        assert (await house.act(sid, "transfer", identity="alice", to="client:bob"))[0] == 204
        await task


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("client:nobody", 400),
        ("client:alice", 400),
        ("client:", 400),
        ("client:" + "x" * 130, 400),
        ("client:-@.", 400),
        ("12", 400),
        ("anonymous", 400),
        ("+33899123456", 400),
        ("+881612345678", 400),
        ("+9607712345", 400),
        ("112", 400),
        ("", 400),
        ("x" * 500, 400),
        (None, 400),
        (["client:bob"], 400),
    ],
)
async def test_to_whom_nobody_is_sent(house: House, to: object, status: int) -> None:
    async with talking(house, calling_in(house), "client:alice") as (sid, _):
        await until_heard(house, sid, "alice")
        assert (await house.act(sid, "transfer", identity="alice", to=to))[0] == status
        assert "client:alice" in [leg.to for leg in legs(house) if leg.status == "in-progress"]


async def shown_recording(house: House, sid: str) -> str | None:
    """What any device of the agent shows of it."""
    asked = f"{house.url}/api/calls/{sid}?identity=alice"
    async with house.session.get(asked, headers={"Authorization": f"Bearer {KEY}"}) as answer:
        shown: str | None = (await answer.json())["recording"]
    return shown


async def test_recording(house: House) -> None:
    await create_person(house.twenty, "Jane Doe", primaryPhoneNumber=JANE)
    async with talking(house, task := calling_out(house), JANE) as (sid, leg):
        for action, state in (
            ("start", "in-progress"),
            ("start", "in-progress"),
            ("pause", "paused"),
            ("pause", "paused"),
            ("resume", "in-progress"),
        ):
            assert await house.act(leg, "recording", identity="alice", action=action) == (
                200,
                {"status": state},
            )
            assert await shown_recording(house, sid) == state
        (recording,) = house.twilio.account.recordings.values()
        assert (recording.call_sid, recording.channels) == (sid, 2)
        assert (await house.act(sid, "recording", identity="alice", action="pause"))[0] == 200
        status, _ = await house.act(sid, "recording", identity="alice", action="start")
        assert status == 409
        recording.began_at -= 20  # time in a call that is held stands still
        for _ in range(2):
            stopped = await house.act(sid, "recording", identity="alice", action="stop")
            assert stopped == (200, {"status": "stopped"})
            assert await shown_recording(house, sid) is None
        database = house.settings.inbox.database_url.get_secret_value().partition("///")[2]
        with closing(sqlite3.connect(database)) as connection:
            changes = connection.execute("select 1 from callbacks where kind = 'recording'").fetchall()
        assert len(changes) == 1
        assert (await house.act(sid, "hangup", identity="alice"))[0] == 204
        await task
    record = await finished(house.twenty, sid, lambda record: bool(record["recording"]["primaryLinkUrl"]))
    answer, body = await house.open(record["recording"]["primaryLinkUrl"])
    assert (answer.status, answer.content_type, body) == (
        200,
        "audio/mpeg",
        silent_mp3(recording.duration or 0),
    )


NOTES = "{ notes { edges { node { title bodyV2 { markdown } noteTargets { edges { node { id } } } } } } }"


async def notes(house: House, text: str = "") -> list[dict[str, Any]]:
    """The notes that there are on something, once there are some, and that text stands in each."""
    async with asyncio.timeout(BOUND):
        while True:
            found = nodes_of(await ask(house.twenty, NOTES))
            on_something = all(nodes_of({"on": note["noteTargets"]}) for note in found)
            if found and on_something and all(text in note["bodyV2"]["markdown"] for note in found):
                return found
            await asyncio.sleep(0.02)


async def test_a_message_is_a_note_with_a_link_that_plays_it(open_house: OpenHouse) -> None:
    house = await open_house(lines={"default": {"voicemail": {"transcribe": True}}})
    await create_person(house.twenty, "Jane Doe", primaryPhoneNumber=JANE)
    played = await house.twilio.call_from_phone(JANE, says="Call me back.", speaks=17, presses="#")
    assert played.errors == []
    record = await finished(
        house.twenty,
        played.sid,
        lambda record: bool(record["transcript"] and record["transcript"]["markdown"]),
    )
    assert record["status"] == "VOICEMAIL"
    link = record["recording"]["primaryLinkUrl"]
    (note,) = await notes(house, "Call me back.")
    assert note["title"] == "Voicemail · Jane Doe"
    assert note["bodyV2"]["markdown"].startswith("> Call me back.")
    assert link in note["bodyV2"]["markdown"]
    answer, body = await house.open(link)
    assert (answer.status, body) == (200, silent_mp3(17))


async def test_what_came_of_a_call_is_a_note_and_twice_it_is_one(house: House) -> None:
    await create_person(house.twenty, "Jane Doe", primaryPhoneNumber=JANE)
    house.twilio.parties[JANE] = Party.answers(talks=30)
    played = await house.twilio.call_from_browser("alice", JANE)
    await finished(house.twenty, played.sid)
    word = {"identity": "alice", "outcome": "Interes\0ted", "note": "Wants\x07 a quote."}
    both = [house.act(played.sid, "disposition", **word) for _ in range(2)]
    assert await asyncio.gather(*both) == [(204, {}), (204, {})]
    (note,) = await notes(house)
    assert note["title"] == "Interested · Outbound call · Jane Doe · 30 s"
    assert note["bodyV2"]["markdown"] == "Wants a quote.\n\n— alice\n"
    assert len(nodes_of({"on": note["noteTargets"]})) == 2


@pytest.mark.parametrize(
    "body",
    [{}, {"outcome": " ", "note": ""}, {"outcome": 5}, {"note": "x" * 10_001}, {"outcome": "x" * 101}],
)
async def test_what_says_nothing_of_a_call(house: House, body: dict[str, object]) -> None:
    house.twilio.parties[JANE] = Party.busy()
    played = await house.twilio.call_from_browser("alice", JANE)
    assert (await house.act(played.sid, "disposition", identity="alice", **body))[0] == 400


@pytest.mark.parametrize("action", ["disposition", "hangup", "recording", "transfer"])
async def test_nobody_acts_on_somebody_elses_call(house: House, action: str) -> None:
    body = {"outcome": "Sold", "action": "start", "to": "client:carol"}
    async with talking(house, calling_out(house), JANE) as (sid, leg):
        for who, asked, status in (
            ("bob", sid, 403),
            ("bob", leg, 403),
            ("eve", sid, 400),
            ("alice", NOBODY, 404),
            ("alice", "RE" + "1" * 32, 404),
            ("alice", "x", 404),
        ):
            assert (await house.act(asked, action, identity=who, **body))[0] == status
        async with house.session.post(f"{house.url}/api/calls/{sid}/{action}", json=body) as unknown:
            assert unknown.status == 401
        assert [leg.status for leg in legs(house)] == ["in-progress", "in-progress"]


async def test_twilio_is_away(open_house: OpenHouse) -> None:
    house = await open_house(twilio={"api_url": "http://127.0.0.1:9"})
    async with talking(house, calling_out(house), JANE) as (sid, _):
        for action, body in (("hangup", {}), ("recording", {"action": "start"})):
            assert (await house.act(sid, action, identity="alice", **body))[0] == 503


async def test_twilio_denies(open_house: OpenHouse) -> None:
    house = await open_house(twilio={"api_secret": "another secret"})
    async with talking(house, calling_out(house), JANE) as (sid, _):
        status, told = await house.act(sid, "hangup", identity="alice")
        assert status == 502
        assert "another secret" not in str(told)


async def part(house: House, sid: str, identity: str) -> tuple[int, dict[str, Any]]:
    """What the bridge says of a call to an agent."""
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{house.url}/api/calls/{sid}?identity={identity}"
    async with house.session.get(url, headers=headers) as answer:
        return answer.status, await answer.json()


async def part_when(house: House, sid: str, identity: str, state: str) -> dict[str, Any]:
    """The same as soon as it is that."""
    async with asyncio.timeout(BOUND):
        while (told := (await part(house, sid, identity))[1]).get("state") != state:
            pass
    return told


ATTEMPT = "1b4e28ba-2fa1-4d2f-883f-0016d3cca427"


async def test_a_phone_learns_why_its_call_was_refused(house: House) -> None:
    played = await house.twilio.call_from_browser("alice", "0899123456", parameters={"Attempt": ATTEMPT})
    # It never looked answered.
    assert played.status == "busy"
    assert played.spoken == []
    told = await part_when(house, ATTEMPT, "alice", "refused")
    assert (told["reason"], told["ended"]) == ("special", True)
    assert told["why"] == "Calls to premium-rate and other special numbers are not allowed."
    assert (await part(house, ATTEMPT, "bob"))[0] == 404


@pytest.mark.parametrize("attempt", ["", "ours", ATTEMPT.upper(), ATTEMPT + "\n", "x" * 3000])
async def test_a_browser_that_is_not_the_phone_page_hears_why(house: House, attempt: str) -> None:
    played = await house.twilio.call_from_browser("alice", "0899123456", parameters={"Attempt": attempt})
    assert played.spoken == ["Calls to premium-rate and other special numbers are not allowed."]


async def test_another_agent_learns_nothing_of_a_call(house: House) -> None:
    async with talking(house, calling_out(house), JANE) as (sid, _):
        await part_when(house, sid, "alice", "talking")
        status, told = await part(house, sid, "bob")
        assert (status, told["detail"]) == (403, "This is another agent's call.")
        assert (await house.act(sid, "decline", identity="bob"))[0] == 403
    told = await part_when(house, sid, "alice", "talked")
    assert told["durationInSeconds"] is not None


TWICE = {
    "lines": {"default": {"owner": {"seconds": 0}, "ring": [{"agents": ["alice", "bob"], "seconds": 15}] * 2}}
}


async def test_who_declined_is_not_rung_by_the_next_step(open_house: OpenHouse) -> None:
    house = await open_house(**TWICE)
    house.twilio.parties["client:alice"] = Party.rejects(after=1)
    house.twilio.parties["client:bob"] = Party.no_answer()
    played = await house.twilio.call_from_phone(JANE)
    assert [leg.to for leg in played.legs] == ["client:alice", "client:bob", "client:bob"]


@asynccontextmanager
async def ringing_at_two_phones(house: House) -> AsyncIterator[tuple[str, str]]:
    """The legs of a call in that rings at both of Alice's phones, and that no agent takes."""
    house.twilio.account.devices["client:alice"] = ["first", "second"]
    for agent in ("alice", "bob"):
        house.twilio.parties[f"client:{agent}"] = Party.live()
    task = asyncio.create_task(house.twilio.call_from_phone(JANE))

    def ringing() -> list[Leg]:
        return [leg for leg in legs(house) if leg.to == "client:alice" and leg.status == "ringing"]

    await eventually(lambda: len(ringing()) == 2)
    first, second = (leg.sid for leg in ringing())
    for leg in (first, second):
        await part_when(house, leg, "alice", "ringing")
    yield first, second
    house.twilio.command(house.twilio.account.calls[str(house.twilio.account.calls[first].parent_sid)], None)
    assert (await task).status == "no-answer"


async def test_a_decline_stops_the_agents_other_phones(open_house: OpenHouse) -> None:
    house = await open_house(**TWICE)
    async with ringing_at_two_phones(house) as (first, second):
        assert await house.act(first, "decline", identity="alice") == (204, {})
        await eventually(lambda: house.twilio.account.calls[second].status == "canceled")
        for leg in (first, second):
            assert (await part(house, leg, "alice"))[1]["state"] == "declined"


async def test_a_decline_that_twilio_told_of_first_stops_the_other_phones_too(open_house: OpenHouse) -> None:
    house = await open_house(**TWICE)
    async with ringing_at_two_phones(house) as (first, second):
        house.twilio.line(house.twilio.account.calls[first]).act(first, "rejects")
        await part_when(house, first, "alice", "declined")
        assert house.twilio.account.calls[second].status == "ringing"
        assert await house.act(first, "decline", identity="alice") == (204, {})
        await eventually(lambda: house.twilio.account.calls[second].status == "canceled")
