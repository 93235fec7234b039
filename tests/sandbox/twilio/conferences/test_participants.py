"""The REST API adds participants, holds, mutes and puts them out."""

import pytest

from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.sandbox.twilio.conferences.support import COLLEAGUE, HOLDS, OWN, TRAINER, Meeting
from tests.sandbox.twilio.support import App, Connect, calling_the_api, until

EVENTS = "initiated ringing answered completed"


@pytest.fixture(autouse=True)
def reachable(sandbox: TwilioSandbox) -> None:
    sandbox.parties = {COLLEAGUE: HOLDS, TRAINER: HOLDS}


async def test_one_is_rung_and_comes_in(meeting: Meeting, app: App) -> None:
    customer = await meeting.calls()
    form = {"Label": "bob", "EndConferenceOnExit": "true", "StatusCallback": f"{app.url}/leg"}
    shown = await meeting.invite(COLLEAGUE, 201, **form, StatusCallbackEvent=EVENTS)
    assert (shown["status"], shown["label"], shown["hold"]) == ("queued", "bob", False)
    await meeting.hears("conference-start")
    fetched = await meeting.get(meeting.path("bob"))
    assert (fetched["call_sid"], fetched["status"]) == (shown["call_sid"], "connected")
    assert fetched["end_conference_on_exit"] is True
    leg = meeting.sandbox.account.calls[shown["call_sid"]]
    assert (leg.direction, leg.from_, leg.parent_sid) == ("outbound-api", OWN, None)
    meeting.hang_up(leg)
    await meeting.hears("conference-end")
    assert [one["CallStatus"] for one in app.got("/leg")][:3] == ["initiated", "ringing", "in-progress"]
    [colleague, put_out] = meeting.told("participant-leave")
    assert (colleague["CallSid"], colleague["ReasonParticipantLeft"]) == (leg.sid, "participant_hung_up")
    assert (put_out["CallSid"], put_out["ReasonParticipantLeft"]) == (
        customer.sid,
        "moderator_ended_conference",
    )
    [end] = meeting.told("conference-end")
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert (end["CallSidEndingConference"], end["ParticipantLabelEndingConference"]) == (leg.sid, "bob")
    await meeting.told_of(customer, "/dial")


@pytest.mark.parametrize(
    ("party", "status"),
    [
        (Party.no_answer(), "no-answer"),
        (Party.busy(), "busy"),
        (Party.rejects(), "busy"),
        (Party.failed(), "failed"),
    ],
)
async def test_one_who_does_not_answer_has_left(
    meeting: Meeting, sandbox: TwilioSandbox, party: Party, status: str
) -> None:
    customer = await meeting.calls()
    sandbox.parties[COLLEAGUE] = party
    shown = await meeting.invite(COLLEAGUE)
    [left] = await meeting.hears("participant-leave")
    assert left["CallSid"] == shown["call_sid"]
    assert (left["ReasonParticipantLeft"], left["ParticipantCallStatus"]) == (
        "participant_add_failed",
        status,
    )
    assert [one["call_sid"] for one in await meeting.listed()] == [customer.sid]
    await meeting.get(meeting.path(shown["call_sid"]), 404)


async def test_hold_and_mute(meeting: Meeting, app: App) -> None:
    agent, customer = await meeting.moved()
    shown = await meeting.change(customer, 200, Hold="true", HoldUrl=f"{app.url}/music")
    assert shown["hold"] is True
    await meeting.change(agent, 200, Muted="true")
    await meeting.change(agent, 200, Muted="true")
    assert [one["call_sid"] for one in await meeting.listed(Hold="true")] == [customer.sid]
    assert [one["call_sid"] for one in await meeting.listed(Muted="true")] == [agent.sid]
    await meeting.change("customer", 200, Hold="false")
    [unheld] = await meeting.hears("participant-unhold")
    [held], [muted] = meeting.told("participant-hold"), await meeting.hears("participant-mute")
    assert (held["CallSid"], held["Hold"], held["Muted"]) == (customer.sid, "true", "false")
    assert (unheld["CallSid"], unheld["Hold"]) == (customer.sid, "false")
    assert (muted["CallSid"], muted["Muted"]) == (agent.sid, "true")
    assert [r.method for r in app.received if r.path == "/music"] == ["GET"]


async def test_on_hold_the_end_on_exit_does_not_change(meeting: Meeting) -> None:
    _, customer = await meeting.moved()
    await meeting.change(customer, 200, Hold="true")
    shown = await meeting.change(customer, 200, EndConferenceOnExit="true")
    assert shown["end_conference_on_exit"] is True, "it is shown as accepted"
    assert (await meeting.get(meeting.path(customer)))["end_conference_on_exit"] is False
    await meeting.change(customer, 200, EndConferenceOnExit="true", Hold="false")
    assert (await meeting.get(meeting.path(customer)))["end_conference_on_exit"] is True


async def test_coaching(meeting: Meeting) -> None:
    agent, customer = await meeting.moved()
    trainer = await meeting.invite(TRAINER, 201, Coaching="true", CallSidToCoach=agent.sid, Label="trainer")
    assert (trainer["coaching"], trainer["call_sid_to_coach"]) == (True, agent.sid)
    joins = await meeting.hears("participant-join", 3)
    assert (joins[-1]["Coaching"], joins[-1]["CallSidToCoach"]) == ("true", agent.sid)
    await meeting.change("trainer", 200, Coaching="true", CallSidToCoach=customer.sid)
    shown = await meeting.change("trainer", 200, Coaching="false")
    assert (shown["coaching"], shown["call_sid_to_coach"]) == (False, None)
    assert [one["Coaching"] for one in await meeting.hears("participant-modify", 2)] == ["true", "false"]
    await meeting.change(agent, 200, Hold="true")
    for sid, code in ((agent.sid, 16027), ("CA" + 32 * "0", 16028)):
        refused = await meeting.change("trainer", 400, Coaching="true", CallSidToCoach=sid)
        assert refused["code"] == code
        refused = await meeting.invite(COLLEAGUE, 400, Coaching="true", CallSidToCoach=sid)
        assert refused["code"] == code


async def test_kicked(meeting: Meeting) -> None:
    agent, customer = await meeting.moved()
    await meeting.kick(customer)
    [left] = await meeting.hears("participant-leave")
    assert (left["ReasonParticipantLeft"], left["ParticipantCallStatus"]) == (
        "participant_updated_via_api",
        "in-progress",
    )
    await meeting.kick(customer, 404)
    await meeting.kick(agent)
    [end] = await meeting.hears("conference-end")
    assert (end["ReasonConferenceEnded"], end["CallSidEndingConference"]) == (
        "last-participant-kicked",
        agent.sid,
    )
    [played] = await meeting.over()
    assert played.status == "completed"


async def test_ended_by_the_api(meeting: Meeting, sandbox: TwilioSandbox) -> None:
    agent, customer = await meeting.moved()
    sandbox.parties[COLLEAGUE] = Party.no_answer()
    path = f"Conferences/{meeting.conference.sid}.json"
    assert (await meeting.post(path, Status="completed"))["status"] == "completed"
    [end] = await meeting.hears("conference-end")
    assert end["ReasonConferenceEnded"] == "conference-ended-via-api"
    assert "CallSidEndingConference" not in end
    left = {one["CallSid"]: one["ReasonParticipantLeft"] for one in meeting.told("participant-leave")}
    assert left == dict.fromkeys((agent.sid, customer.sid), "conference_ended_via_api")
    assert await meeting.listed() == []
    assert (await meeting.get(path))["reason_conference_ended"] == "conference-ended-via-api"
    await meeting.post(path, 404, Status="completed")
    await meeting.over()


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"Label": "a/b"}, 16024),
        ({"Label": "x" * 129}, 16024),
        ({"Label": "CA" + "0" * 32}, 16024),
        ({"Label": "customer"}, 16026),
        ({"Timeout": "4"}, 20001),
        ({"Beep": "loudly"}, 20001),
        ({"MaxParticipants": "0"}, 20001),
        ({"From": "+33600000000"}, 21210),
        ({"From": ""}, 21213),
        ({"Colour": "red"}, 20001),
    ],
)
async def test_what_is_not_taken(meeting: Meeting, form: dict[str, str], code: int) -> None:
    await meeting.moved()
    assert (await meeting.invite(COLLEAGUE, 400, **form))["code"] == code


async def test_of_a_name_that_is_not_there_a_conference_begins(meeting: Meeting, app: App) -> None:
    told = {"ConferenceStatusCallback": f"{app.url}/conference"}
    shown = await meeting.invite(COLLEAGUE, 201, **told, ConferenceStatusCallbackEvent="start end join")
    await meeting.hears("participant-join")
    assert meeting.conference.sid == shown["conference_sid"]
    assert (await meeting.get(f"Conferences/{shown['conference_sid']}.json"))["status"] == "init"
    unknown = "CF" + 32 * "0"
    assert (await meeting.post(f"Conferences/{unknown}/Participants.json", 404, To=COLLEAGUE, From=OWN))[
        "code"
    ] == 20404
    await meeting.get(f"Conferences/{meeting.conference.name}/Participants.json", 404)


async def test_lists(meeting: Meeting) -> None:
    agent, customer = await meeting.moved()
    for query, found in (
        ({"FriendlyName": "call-1"}, 1),
        ({"Status": "completed"}, 0),
        ({"Status": "in-progress"}, 1),
    ):
        assert len((await meeting.get("Conferences.json", 200, **query))["conferences"]) == found
    first = await meeting.get(meeting.path(), 200, PageSize="1")
    second = await meeting.get(meeting.sandbox.url + first["next_page_uri"])
    shown = [*first["participants"], *second["participants"]]
    assert {one["call_sid"] for one in shown} == {agent.sid, customer.sid}
    assert second["next_page_uri"] is None


async def test_one_on_the_way_cannot_be_changed_yet(app: App, connect: Connect) -> None:
    async with connect(app, real_time=True) as sandbox, calling_the_api(sandbox) as rest:
        meeting = Meeting(app, sandbox, rest)
        sandbox.parties[COLLEAGUE] = Party.answers(after=500)
        shown = await meeting.invite(COLLEAGUE, 201, StatusCallback=f"{app.url}/leg")
        ringing = sandbox.account.calls[shown["call_sid"]]
        await until(lambda: ringing.status == "initiated")
        sandbox.skip(2)
        await until(lambda: ringing.status == "ringing")
        assert [one["status"] for one in await meeting.listed()] == ["ringing"]
        await meeting.change(ringing, 404, Hold="true")
        await meeting.kick(ringing, 404)
        await meeting.post(f"Conferences/{meeting.conference.sid}.json", Status="completed")
        await sandbox.finished(ringing.sid)
    assert ringing.status == "canceled"
    assert [one["CallStatus"] for one in app.got("/leg")] == ["canceled"]
