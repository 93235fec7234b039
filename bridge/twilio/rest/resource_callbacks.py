"""Twilio's call and recording resources → callbacks, with the parameter names of status callbacks.

The same state found twice is one callback: what is in it changes with the state alone.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from bridge.calls.callback import JOINED_AS, OF_CALL, Callback, Kind, digest_of
from bridge.twilio.rest.resources import (
    CallResource,
    ConferenceResource,
    ParticipantResource,
    RecordingResource,
)

VOICEMAIL = "RecordVerb"
"""The source of what a <Record> took. https://www.twilio.com/docs/voice/api/recording#recording-properties"""


def call_callback(
    call: CallResource, *, received_at: datetime, root_sid: str = "", joined_as: str | None = None
) -> Callback:
    """The callback of one leg; `Timestamp` is its end or, while it is in progress, its start.

    `root_sid` is the call that it is a leg of, and `joined_as` the act that called it; without a `root_sid`
    the call is the one that Twilio names.
    """
    root_sid = root_sid or call.parent_call_sid or call.sid
    is_root = call.sid == root_sid
    # A leg whose parent is another one, or that has none, joined the call later.
    joined = not is_root and call.parent_call_sid != root_sid
    parameters = _given(
        CallSid=call.sid,
        ParentCallSid=None if is_root else root_sid,
        **{OF_CALL: root_sid if joined else None, JOINED_AS: joined_as if joined else None},
        From=call.from_,
        To=call.to,
        CallStatus=call.status,
        Direction=call.direction,
        CallDuration=call.duration,
        AnsweredBy=call.answered_by,
        CallerName=call.caller_name,
        StartTime=call.start_time,
        EndTime=call.end_time,
        Timestamp=call.end_time or call.start_time or call.date_created,
    )
    return Callback(
        kind=Kind.RECONCILED,
        call_sid=call.sid,
        parent_sid=None if is_root else root_sid,
        parameters=parameters,
        received_at=received_at,
        digest=digest_of(Kind.RECONCILED, f"/Calls/{call.sid}", parameters),
    )


def recording_callback(
    recording: RecordingResource, *, account_url: str, received_at: datetime, root_sid: str = ""
) -> Callback:
    """The callback of a finished recording: a caller's message, or a part of the call.

    `account_url` is that of the account's resources; `root_sid` the call, where the recording is of its leg.
    """
    of_leg = root_sid if root_sid != recording.call_sid else ""
    kind = Kind.VOICEMAIL if recording.source == VOICEMAIL else Kind.RECORDING
    parameters = _given(
        CallSid=recording.call_sid,
        ParentCallSid=of_leg,
        **{OF_CALL: of_leg},
        RecordingSid=recording.sid,
        RecordingUrl=f"{account_url}/Recordings/{recording.sid}",
        RecordingStatus=recording.status,
        RecordingDuration=recording.duration,
        RecordingChannels=recording.channels,
        RecordingSource=recording.source,
        Timestamp=recording.date_created,
    )
    return Callback(
        kind=kind,
        call_sid=recording.call_sid,
        parent_sid=of_leg or None,
        parameters=parameters,
        received_at=received_at,
        digest=digest_of(kind, f"/Recordings/{recording.sid}", parameters),
    )


def conference_callbacks(
    conference: ConferenceResource, present: Iterable[ParticipantResource], *, received_at: datetime
) -> list[Callback]:
    """What a conference, whose name is its call, and those who are `present` in it show of its events.

    Of one that is over this is its end alone.
    """
    if conference.is_over:
        return [
            _event(
                conference,
                "conference-end",
                received_at=received_at,
                CallSidEndingConference=conference.call_sid_ending_conference,
                ReasonConferenceEnded=conference.reason_conference_ended,
                Timestamp=conference.date_updated,
            )
        ]
    begun = _event(conference, "conference-start", received_at=received_at, Timestamp=conference.date_created)
    return [begun, *(c for one in present for c in _present(conference, one, received_at=received_at))]


def _present(
    conference: ConferenceResource, one: ParticipantResource, *, received_at: datetime
) -> Iterable[Callback]:
    """That a participant is in, and how it has been there since its last update."""
    flags = {"Hold": one.hold, "Muted": one.muted, "Coaching": one.coaching}
    flags["EndConferenceOnExit"] = one.end_conference_on_exit
    said = {name: str(flag).lower() for name, flag in flags.items()}
    for event, at in (("participant-join", one.date_created), ("participant-modify", one.date_updated)):
        yield _event(
            conference,
            event,
            one.call_sid,
            received_at=received_at,
            Timestamp=at,
            **(said if event == "participant-modify" else {}),
        )


def _event(
    conference: ConferenceResource,
    event: str,
    call_sid: str = "",
    *,
    received_at: datetime,
    **more: str | datetime | None,
) -> Callback:
    root_sid = conference.friendly_name
    parent_sid = root_sid if call_sid and call_sid != root_sid else None
    parameters = _given(
        CallSid=call_sid or root_sid,
        ParentCallSid=parent_sid,
        ConferenceSid=conference.sid,
        FriendlyName=root_sid,
        StatusCallbackEvent=event,
        **more,
    )
    return Callback(
        kind=Kind.CONFERENCE,
        call_sid=call_sid or root_sid,
        parent_sid=parent_sid,
        parameters=parameters,
        received_at=received_at,
        digest=digest_of(Kind.CONFERENCE, f"/Conferences/{conference.sid}", parameters),
    )


def _given(**parameters: object) -> Mapping[str, str]:
    return {name: _text(value) for name, value in parameters.items() if value not in (None, "")}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return format_datetime((value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC))
    return str(value)
