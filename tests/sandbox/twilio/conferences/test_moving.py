"""A call of two is moved into a conference: the child by the REST API, the parent by its Dial's action."""

from bridge.sandbox.twilio import TwilioSandbox
from tests.sandbox.twilio.conferences.support import ROOM, Meeting
from tests.sandbox.twilio.support import App


async def test_both_are_in_it(meeting: Meeting, app: App) -> None:
    agent, customer = await meeting.moved()
    [action] = app.got("/dial")
    assert (action["DialCallSid"], action["DialCallStatus"]) == (customer.sid, "completed")
    assert "DialCallDuration" not in action, "its call goes on elsewhere"
    assert action["CallStatus"] == "in-progress"
    listed = {one["label"]: one["call_sid"] for one in await meeting.listed()}
    assert listed == {"customer": customer.sid, "agent": agent.sid}
    await meeting.hears("conference-start")
    assert meeting.events() == ["participant-join", "participant-join", "conference-start"]
    assert (customer.status, agent.status) == ("in-progress", "in-progress")
    assert [s["CallStatus"] for s in app.got("/status")] == ["initiated", "ringing", "in-progress"]


async def test_the_customer_hangs_up_and_the_agent_is_alone(meeting: Meeting, app: App) -> None:
    agent, customer = await meeting.moved()
    meeting.hang_up(customer)
    await meeting.comes(agent)
    [left] = await meeting.hears("participant-leave")
    assert (left["CallSid"], left["ReasonParticipantLeft"]) == (customer.sid, "participant_hung_up")
    assert left["ParticipantCallStatus"] == "completed"
    assert [one["call_sid"] for one in await meeting.listed()] == [agent.sid]
    meeting.hang_up(agent)
    [played] = await meeting.over()
    assert played.status == "completed"
    [end] = meeting.told("conference-end")
    assert end["ReasonConferenceEnded"] == "last-participant-left"
    assert end["CallSidEndingConference"] == agent.sid


async def test_the_dial_action_after_a_conference(meeting: Meeting, app: App) -> None:
    agent, customer = await meeting.moved()
    await meeting.hears("conference-start")
    meeting.sandbox.skip(30)
    await meeting.kick(customer)
    await meeting.told_of(customer, "/dial")
    action = app.got("/dial")[-1]
    assert (action["CallSid"], action["DialCallStatus"]) == (customer.sid, "answered")
    assert not action.keys() & {"DialCallSid", "DialCallDuration"}
    assert action["RecordingUrl"].endswith(meeting.recorded(customer).sid)
    meeting.hang_up(agent)
    await meeting.over()


async def test_the_leg_is_recorded_with_what_it_hears(meeting: Meeting, sandbox: TwilioSandbox) -> None:
    _, customer = await meeting.moved()
    await meeting.hears("conference-start")
    sandbox.skip(30)
    meeting.hang_up(customer)
    await meeting.hears("participant-leave")
    recording = meeting.recorded(customer)
    assert (recording.channels, recording.source, recording.status) == (2, "DialVerb", "completed")
    assert 29 <= (recording.duration or 0) <= 33


async def test_every_callback_says_what_it_is_about(meeting: Meeting, sandbox: TwilioSandbox) -> None:
    agent, customer = await meeting.moved()
    [start] = await meeting.hears("conference-start")
    joins = meeting.told("participant-join")
    assert [one["SequenceNumber"] for one in (*joins, start)] == ["1", "2", "3"]
    assert {one["CallSid"] for one in joins} == {agent.sid, customer.sid}
    [told] = [join for join in joins if join["CallSid"] == customer.sid]
    assert (
        told.items()
        >= {
            "AccountSid": sandbox.account_sid,
            "ConferenceSid": meeting.conference.sid,
            "FriendlyName": ROOM,
            "ParticipantLabel": "customer",
            "Muted": "false",
            "Hold": "false",
            "Coaching": "false",
            "EndConferenceOnExit": "false",
            "StartConferenceOnEnter": "true",
        }.items()
    )
    assert "CallSid" not in start
    assert start["Timestamp"].endswith(" +0000")
