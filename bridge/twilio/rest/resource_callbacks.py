"""Twilio's call and recording resources → callbacks, with the parameter names of status callbacks.

The same state found twice is one callback: what is in it changes with the state alone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from bridge.calls.callback import OF_CALL, Callback, Kind, digest_of
from bridge.twilio.rest.resources import CallResource, RecordingResource

VOICEMAIL = "RecordVerb"
"""The source of what a <Record> took. https://www.twilio.com/docs/voice/api/recording#recording-properties"""


def call_callback(call: CallResource, *, received_at: datetime) -> Callback:
    """The callback of one leg; `Timestamp` is its end or, while it is in progress, its start."""
    parameters = _given(
        CallSid=call.sid,
        ParentCallSid=call.parent_call_sid,
        # A leg that a <Dial> made is "outbound-dial"; another one with a call joined that later.
        **{OF_CALL: call.parent_call_sid if call.direction == "outbound-api" else None},
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
        parent_sid=call.parent_call_sid,
        parameters=parameters,
        received_at=received_at,
        digest=digest_of(Kind.RECONCILED, f"/Calls/{call.sid}", parameters),
    )


def recording_callback(recording: RecordingResource, *, account_url: str, received_at: datetime) -> Callback:
    """The callback of a finished recording: a caller's message, or a part of the call.

    `account_url` is that of the account's resources.
    """
    kind = Kind.VOICEMAIL if recording.source == VOICEMAIL else Kind.RECORDING
    parameters = _given(
        CallSid=recording.call_sid,
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
        parameters=parameters,
        received_at=received_at,
        digest=digest_of(kind, f"/Recordings/{recording.sid}", parameters),
    )


def _given(**parameters: object) -> Mapping[str, str]:
    return {name: _text(value) for name, value in parameters.items() if value not in (None, "")}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return format_datetime((value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC))
    return str(value)
