"""The resources of Twilio's that the bridge reads; names are Twilio's, times are UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResource:
    """One leg, as Twilio's log has it; `duration` in seconds.

    https://www.twilio.com/docs/voice/api/call-resource#call-properties
    """

    sid: str
    parent_call_sid: str | None
    from_: str
    to: str
    status: str
    direction: str
    date_created: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    duration: int | None
    answered_by: str | None
    caller_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResource:
    """A recording; `duration` in seconds.

    https://www.twilio.com/docs/voice/api/recording#recording-properties
    """

    sid: str
    call_sid: str
    status: str
    source: str
    channels: int
    date_created: datetime | None
    duration: int | None


def call_resource(instance: Any) -> CallResource:
    """Of the library's instance, whose every attribute may be None."""
    return CallResource(
        sid=instance.sid,
        parent_call_sid=instance.parent_call_sid or None,
        from_=instance._from or "",
        to=instance.to or "",
        status=instance.status or "",
        direction=instance.direction or "",
        date_created=instance.date_created,
        start_time=instance.start_time,
        end_time=instance.end_time,
        duration=_number(instance.duration),
        answered_by=instance.answered_by or None,
        caller_name=instance.caller_name or None,
    )


def recording_resource(instance: Any) -> RecordingResource:
    """Of the library's instance, whose every attribute may be None."""
    return RecordingResource(
        sid=instance.sid,
        call_sid=instance.call_sid or "",
        status=instance.status or "",
        source=instance.source or "",
        channels=instance.channels or 1,
        date_created=instance.date_created,
        duration=_number(instance.duration),
    )


def _number(value: object) -> int | None:
    # Twilio writes numbers as texts, and -1 for a recording that is not over.
    number = int(str(value)) if value not in (None, "") else None
    return None if number is None or number < 0 else number
