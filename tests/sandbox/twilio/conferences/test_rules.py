"""A table of what `<Conference>` takes, when a conference starts and ends, and who may come in."""

import pytest

from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.sandbox.twilio.conferences.support import COLLEAGUE, CUSTOMER, HOLDS, OWN, TRAINER, Meeting, room
from tests.sandbox.twilio.support import App, dial

LABEL_LIKE_A_SID = "CA" + "0" * 32


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"muted": "yes"}, 13230),
        ({"endConferenceOnExit": "1"}, 13231),
        ({"startConferenceOnEnter": "TRUE"}, 13232),
        ({"waitMethod": "PUT"}, 13234),
        ({"beep": "loud"}, 13235),
        ({"participantLabel": "a/b"}, 16023),
        ({"participantLabel": "a%2fb"}, 16023),
        ({"participantLabel": LABEL_LIKE_A_SID}, 16023),
        ({"participantLabel": "x" * 129}, 16023),
        ({"maxParticipants": "251"}, 16002),
        ({"jitterBufferSize": "huge"}, 16002),
        ({"record": "record-from-answer"}, 16002),
        ({"trim": "yes"}, 16002),
        ({"region": "fr1"}, 16002),
        ({"statusCallbackEvent": "start joins"}, 16002),
        ({"statusCallbackMethod": "PUT"}, 16002),
        ({"recordingStatusCallbackEvent": "done"}, 16002),
        ({"colour": "red"}, 12200),
        ({"beep": "onEnter", "jitterBufferSize": "off", "region": "de1", "maxParticipants": "2"}, None),
    ],
)
async def test_attributes(meeting: Meeting, attributes: dict[str, str], code: int | None) -> None:
    leg = await meeting.calls(**attributes)
    meeting.hang_up(leg)
    [played] = await meeting.over()
    assert [found for found, _ in played.errors] == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ({}, {}, "in-progress"),
        ({"startConferenceOnEnter": "false"}, {}, "in-progress"),
        ({}, {"startConferenceOnEnter": "false"}, "in-progress"),
        ({"startConferenceOnEnter": "false"}, {"startConferenceOnEnter": "false"}, "init"),
        ({"muted": "true"}, {"muted": "true"}, "in-progress"),
    ],
)
async def test_it_starts(
    meeting: Meeting, first: dict[str, str], second: dict[str, str], status: str
) -> None:
    await meeting.calls(CUSTOMER, **first)
    assert meeting.conference.status == "init", "one alone waits"
    await meeting.calls(COLLEAGUE, **second)
    assert meeting.conference.status == status
    await meeting.hears("participant-join", 2)
    if status == "in-progress":
        await meeting.hears("conference-start")
    else:
        assert "conference-start" not in meeting.events()


@pytest.mark.parametrize(
    ("goes", "ends", "reason"),
    [
        ("hangs up", "false", None),
        ("hangs up", "true", "participant-with-end-conference-on-exit-left"),
        ("is kicked", "true", "participant-with-end-conference-on-exit-kicked"),
        ("is kicked", "false", None),
        ("is redirected", "true", "participant-with-end-conference-on-exit-left"),
        ("is redirected", "false", None),
    ],
)
async def test_it_ends(meeting: Meeting, app: App, goes: str, ends: str, reason: str | None) -> None:
    moderator = await meeting.calls(CUSTOMER, endConferenceOnExit=ends)
    other = await meeting.calls(COLLEAGUE)
    await meeting.hears("conference-start")
    if goes == "hangs up":
        meeting.hang_up(moderator)
    elif goes == "is kicked":
        await meeting.kick(moderator)
    else:
        await meeting.post(f"Calls/{moderator.sid}.json", Twiml="<Response><Hangup/></Response>")
    gone, *put_out = await meeting.hears("participant-leave", 1 if reason is None else 2)
    assert gone["CallSid"] == moderator.sid
    if reason is None:
        assert [one["call_sid"] for one in await meeting.listed()] == [other.sid]
        meeting.hang_up(other)
        reason = "last-participant-left"
    else:
        assert [one["ReasonParticipantLeft"] for one in put_out] == ["moderator_ended_conference"]
    [end] = await meeting.hears("conference-end")
    assert end["ReasonConferenceEnded"] == reason
    await meeting.over()


async def test_the_first_to_come_decides_who_is_told(meeting: Meeting, app: App) -> None:
    await meeting.calls(CUSTOMER)
    await meeting.calls(COLLEAGUE, statusCallback="/elsewhere", statusCallbackEvent="join")
    await meeting.hears("conference-start")
    assert app.got("/elsewhere") == []


@pytest.mark.parametrize(
    ("attributes", "code", "status"),
    [
        ({"maxParticipants": "1"}, 16020, "failed"),
        ({"participantLabel": "customer"}, 16025, None),
        ({"coach": LABEL_LIKE_A_SID}, 13240, "failed"),
        ({"coach": "agent"}, 13240, "failed"),
    ],
)
async def test_who_may_not_come_in(
    meeting: Meeting,
    app: App,
    sandbox: TwilioSandbox,
    attributes: dict[str, str],
    code: int,
    status: str | None,
) -> None:
    first = await meeting.calls(
        CUSTOMER, participantLabel="customer", maxParticipants=attributes.get("maxParticipants", "9")
    )
    following = "<Say>You are alone.</Say></Response>"
    app.on("/voice", dial(room(**attributes), action="/dial").replace("</Response>", following))
    played = await sandbox.call_from_phone(COLLEAGUE)
    assert [found for found, _ in played.errors] == [code]
    assert [one["call_sid"] for one in await meeting.listed()] == [first.sid]
    if status is None:
        assert app.got("/dial") == []
        assert played.spoken == ["You are alone."], "the call goes on with the next verb"
    else:
        assert [one["DialCallStatus"] for one in app.got("/dial")] == [status]


async def test_a_conference_is_called_by_its_sid(meeting: Meeting, app: App, sandbox: TwilioSandbox) -> None:
    first = await meeting.calls(CUSTOMER)
    sid = meeting.conference.sid
    app.on("/voice", dial(room(sid), action="/dial"))
    meeting.start(sandbox.call_from_phone(COLLEAGUE, caller_hangs_up_after=20))
    await meeting.hears("conference-start")
    meeting.hang_up(first)
    await meeting.hears("conference-end")
    late = await sandbox.call_from_phone(TRAINER)
    assert [code for code, _ in late.errors] == [13236]
    app.on("/voice", dial("<Conference></Conference>", action="/dial"))
    assert [code for code, _ in (await sandbox.call_from_phone(TRAINER)).errors] == [13237]


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ("<Response><Say>Please hold.</Say><Redirect/></Response>", []),
        ("<Response><Say>Please hold.</Say><Dial>+33639980009</Dial></Response>", [13238]),
        ("<Response", [12100]),
    ],
)
async def test_the_wait_url(
    meeting: Meeting, app: App, sandbox: TwilioSandbox, answer: str, codes: list[int]
) -> None:
    app.on("/wait", answer)
    app.on("/voice", dial(room(waitUrl="/wait"), action="/dial"))
    played = await sandbox.call_from_phone(CUSTOMER, caller_hangs_up_after=30) if codes == [12100] else None
    if played is None:
        leg = await meeting.calls(CUSTOMER, waitUrl="/wait")
        meeting.hang_up(leg)
        [played] = await meeting.over()
        assert played.spoken == ["Please hold."]
    else:
        assert [one["DialCallStatus"] for one in app.got("/dial")] == ["failed"]
        assert meeting.told() == []
    assert [code for code, _ in played.errors] == codes
    assert len(app.got("/wait")) == 1


async def test_a_recorded_conference(meeting: Meeting, app: App, sandbox: TwilioSandbox) -> None:
    recorded = {"record": "record-from-start", "recordingStatusCallback": "/recording"}
    first = await meeting.calls(CUSTOMER, **recorded, recordingStatusCallbackEvent="in-progress completed")
    sandbox.skip(100)
    sandbox.parties[COLLEAGUE] = HOLDS
    second = sandbox.account.calls[(await meeting.invite(COLLEAGUE))["call_sid"]]
    await meeting.hears("conference-start")
    sandbox.skip(60)
    meeting.hang_up(first)
    await meeting.hears("participant-leave")
    meeting.hang_up(second)
    await sandbox.finished(second.sid)
    began, over = app.got("/recording")
    assert (began["RecordingStatus"], over["RecordingStatus"]) == ("in-progress", "completed")
    assert "CallSid" not in over
    assert (over["ConferenceSid"], over["RecordingChannels"]) == (meeting.conference.sid, "1")
    assert over["RecordingSource"] == "Conference"
    assert 60 <= int(over["RecordingDuration"]) <= 64, "who waits alone is not recorded"
    [shown] = (await meeting.get(f"Conferences/{meeting.conference.sid}/Recordings.json"))["recordings"]
    assert (shown["conference_sid"], shown["call_sid"]) == (meeting.conference.sid, None)


async def test_its_time_is_over(meeting: Meeting, app: App, sandbox: TwilioSandbox) -> None:
    sandbox.parties[COLLEAGUE] = Party.answers(talks=7200)
    await meeting.calls(CUSTOMER)
    await meeting.invite(COLLEAGUE, 201, TimeLimit="60")
    gone, *_ = await meeting.hears("participant-leave")
    assert gone["ReasonParticipantLeft"] == "participant_hung_up"
    leg = meeting.sandbox.account.calls[gone["CallSid"]]
    await sandbox.finished(leg.sid)
    assert (leg.duration, leg.from_) == (60, OWN)
