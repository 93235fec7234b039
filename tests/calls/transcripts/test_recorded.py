"""Recordings of a call: which are ready, who is on each channel, and which are to be transcribed."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.states import Direction
from bridge.calls.transcripts.recorded import (
    WAITS_FOR_CALL,
    CallRecording,
    Selection,
    call_recording,
    finished_recording,
)
from bridge.calls.transcripts.segments import AudioChannel, Recorded, Role, Speaker
from tests.calls.conftest import COMPANY, CUSTOMER, MORNING, callback, leg, stamp
from tests.calls.plays import BOB, Play

SID, OTHER = "RE" + "1" * 32, "RE" + "2" * 32
IN, OUT = Direction.INBOUND, Direction.OUTBOUND


def ready(kind: Kind = Kind.RECORDING, *, at: float = 90, **more: str) -> Callback:
    return callback(kind, {"RecordingSid": SID, "RecordingDuration": "30", **more}, at=at)


@pytest.mark.parametrize(
    ("reported", "is_ready"),
    [
        (ready(), True),
        (ready(Kind.VOICEMAIL), True),
        (ready(RecordingStatus="completed"), True),
        (ready(RecordingDuration=""), True),
        (ready(RecordingDuration="0"), False),
        (ready(RecordingStatus="in-progress"), False),
        (ready(RecordingStatus="absent"), False),
        (ready(Kind.STATUS), False),
        (ready(RecordingSid="RE1/../../Accounts"), False),
        (ready(RecordingSid=""), False),
    ],
)
def test_a_recording_is_fetched_once_it_is_ready(reported: Callback, is_ready: bool) -> None:
    assert finished_recording(reported) == (SID if is_ready else None)
    assert (call_recording([reported], SID) is not None) == is_ready


def test_a_recording_that_failed_or_is_another_is_none_of_the_call() -> None:
    for status in ("absent", "failed"):
        assert call_recording([ready(), ready(RecordingStatus=status)], SID) is None
        assert call_recording([ready(), ready(RecordingStatus=status, RecordingSid=OTHER)], SID) is not None
    assert call_recording([ready()], OTHER) is None


def test_when_it_began_and_how_long_it_is() -> None:
    """Twilio can report it more than once, and the report of a message does not say when it began."""
    reports = [ready(at=95), ready(at=99, RecordingDuration="31"), ready(Kind.TRANSCRIPTION, at=90)]
    found = call_recording(reports, SID)
    assert found
    assert (found.recorded.recording_sid, found.recorded.seconds) == (SID, 31)
    assert (found.reported_at, found.recorded.starts_at) == (
        MORNING + timedelta(seconds=95),
        MORNING + timedelta(seconds=64),
    )
    began = [ready(RecordingStartTime=stamp(at)) for at in (50, 52)]
    found = call_recording(began, SID)
    assert found
    assert found.recorded.starts_at == MORNING + timedelta(seconds=50)


CAME_IN = callback(Kind.VOICE, From=CUSTOMER, To=COMPANY, CallStatus="ringing")
CALLS_OUT = callback(Kind.VOICE, From="client:anna", To=CUSTOMER, CallStatus="ringing")
TALKED_IN = [leg(n, "in-progress", To=f"client:{who}", at=n) for n, who in enumerate(("anna", "bob"))]
TALKED_OUT = [leg(1, "in-progress", {"From": COMPANY, "To": CUSTOMER}, at=8)]
CUSTOMERS, AGENTS, ANYONE = (
    Speaker(Role.CUSTOMER, CUSTOMER),
    Speaker(Role.AGENT, "anna"),
    Speaker(Role.SEVERAL),
)
DUAL: dict[str, Any] = {"RecordingChannels": "2"}


def conference() -> list[Callback]:
    play = Play(inbound=False)
    play.wait(9)
    play.call(BOB, "add")
    return play.told


@pytest.mark.parametrize(
    ("heard", "channels", "direction", "line", "is_voicemail"),
    [
        ([CAME_IN, TALKED_IN[0], ready(**DUAL)], [CUSTOMERS, AGENTS], IN, COMPANY, False),
        # Two agents talked: who of them is open.
        ([CAME_IN, *TALKED_IN, ready(**DUAL)], [CUSTOMERS, Speaker(Role.AGENT)], IN, COMPANY, False),
        ([CAME_IN, TALKED_IN[0], ready()], [ANYONE], IN, COMPANY, False),
        ([CAME_IN, ready(Kind.VOICEMAIL)], [CUSTOMERS], IN, COMPANY, True),
        ([CAME_IN, ready(RecordingSource="RecordVerb", **DUAL)], [CUSTOMERS], IN, COMPANY, True),
        ([CALLS_OUT, *TALKED_OUT, ready(**DUAL)], [AGENTS, CUSTOMERS], OUT, COMPANY, False),
        # Of the two who are in a conference with the agent.
        ([*conference(), ready(**DUAL)], [Speaker(Role.AGENT), ANYONE], OUT, COMPANY, False),
        ([ready(**DUAL)], [ANYONE, ANYONE], None, None, False),
    ],
)
def test_who_is_on_each_channel(
    heard: list[Callback], channels: list[Speaker], direction: Direction | None, line: str, is_voicemail: bool
) -> None:
    found = call_recording(heard, SID)
    assert found
    assert found.recorded.channels == tuple(AudioChannel(n, who) for n, who in enumerate(channels, 1))
    assert (found.direction, found.line, found.is_voicemail) == (direction, line, is_voicemail)
    assert found.recorded.speaker(3) == ANYONE


def recording(**more: Any) -> CallRecording:
    recorded = Recorded(recording_sid=SID, starts_at=MORNING, seconds=30, channels=())
    usual = {"direction": IN, "line": COMPANY, "is_voicemail": False, "reported_at": MORNING}
    return CallRecording(recorded=recorded, **{**usual, **more})


@pytest.mark.parametrize(
    ("wanted", "found", "objection"),
    [
        ({}, {}, None),
        ({}, {"direction": None}, None),
        ({"minimum_seconds": 30}, {}, None),
        ({"minimum_seconds": 31}, {}, "minimum_seconds"),
        ({"lines": [COMPANY]}, {}, None),
        ({"lines": ["+33159130009"]}, {}, "lines"),
        ({"lines": [COMPANY]}, {"line": None}, "lines"),
        ({"voicemails": False}, {}, None),
        ({"voicemails": False}, {"is_voicemail": True}, "voicemails"),
        ({"directions": [IN]}, {}, None),
        ({"directions": [OUT]}, {}, "directions"),
        ({"directions": [OUT]}, {"direction": None}, "directions"),
        # A message is a matter of its own setting.
        ({"directions": [OUT]}, {"is_voicemail": True}, None),
    ],
)
def test_which_recordings_are_transcribed(
    wanted: dict[str, Any], found: dict[str, Any], objection: str | None
) -> None:
    said = Selection(**wanted).objection(recording(**found))
    assert (said is None) == (objection is None)
    assert said is None or f"transcripts.{objection}" in said


@pytest.mark.parametrize(
    ("found", "after", "waits"),
    [
        ({"direction": None}, WAITS_FOR_CALL - timedelta(seconds=1), True),
        ({"direction": None}, WAITS_FOR_CALL, False),
        ({"direction": None, "is_voicemail": True}, timedelta(), False),
        ({}, timedelta(), False),
    ],
)
def test_a_recording_whose_call_is_not_known_waits_for_it(
    found: dict[str, Any], after: timedelta, waits: bool
) -> None:
    assert recording(**found).waits_for_call(MORNING + after) == waits


def test_all_that_is_known_of_a_recording() -> None:
    heard = [
        CALLS_OUT,
        *TALKED_OUT,
        ready(at=80, RecordingDuration=""),
        ready(at=85, RecordingDuration="12", RecordingChannels="2"),
        ready(Kind.STATUS, at=70),
    ]
    assert call_recording(heard, SID) == CallRecording(
        recorded=Recorded(
            recording_sid=SID,
            starts_at=MORNING + timedelta(seconds=68),
            seconds=12,
            channels=(AudioChannel(1, AGENTS), AudioChannel(2, CUSTOMERS)),
        ),
        direction=OUT,
        line=COMPANY,
        is_voicemail=False,
        reported_at=MORNING + timedelta(seconds=80),
    )
    unknown = call_recording([ready(at=80, RecordingDuration="")], SID)
    assert unknown == CallRecording(
        recorded=Recorded(
            recording_sid=SID,
            starts_at=MORNING + timedelta(seconds=80),
            seconds=0,
            channels=(AudioChannel(1, ANYONE),),
        ),
        direction=None,
        line=None,
        is_voicemail=False,
        reported_at=MORNING + timedelta(seconds=80),
    )
    withheld = callback(Kind.VOICE, From="", To=COMPANY, CallStatus="ringing")
    message = call_recording([withheld, ready(Kind.VOICEMAIL)], SID)
    assert message
    assert message.recorded.channels == (AudioChannel(1, Speaker(Role.CUSTOMER, "anonymous")),)


def test_who_is_on_a_channel_by_its_number() -> None:
    found = call_recording([CALLS_OUT, *TALKED_OUT, ready(**DUAL)], SID)
    assert found
    assert [found.recorded.speaker(number) for number in range(4)] == [ANYONE, AGENTS, CUSTOMERS, ANYONE]


@pytest.mark.parametrize(
    ("wanted", "found", "objection"),
    [
        ({"minimum_seconds": 31}, {}, "It is shorter than transcripts.minimum_seconds."),
        ({"lines": ["+33159130009"]}, {}, "Its line is not one of transcripts.lines."),
        (
            {"voicemails": False},
            {"is_voicemail": True},
            "It is a voicemail, and transcripts.voicemails is false.",
        ),
        ({"directions": [OUT]}, {}, "Its direction is not one of transcripts.directions."),
        ({"directions": []}, {"direction": None}, "Its direction is not one of transcripts.directions."),
        # Both directions are all, also where it is not known.
        ({"directions": [OUT, IN]}, {"direction": None}, None),
        # A line is one however it is written.
        ({"lines": ["+525512345678"]}, {"line": "+5215512345678"}, None),
        ({"lines": [COMPANY, "+33159130009"]}, {}, None),
    ],
)
def test_why_a_recording_is_left_out(
    wanted: dict[str, Any], found: dict[str, Any], objection: str | None
) -> None:
    assert Selection(**wanted).objection(recording(**found)) == objection


def test_a_recording_waits_six_hours_for_its_call() -> None:
    lost = recording(direction=None)
    moments = [MORNING + timedelta(hours=6) - timedelta(seconds=1), MORNING + timedelta(hours=6)]
    assert [lost.waits_for_call(now) for now in moments] == [True, False]
