"""The resources of Twilio's that the bridge reads; names are Twilio's, times are UTC."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class CallResource(Struct, frozen=True, kw_only=True):
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


class RecordingResource(Struct, frozen=True, kw_only=True):
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


class ConferenceResource(Struct, frozen=True, kw_only=True):
    """A conference, over or not; who was in it Twilio lists only while they are.

    https://www.twilio.com/docs/voice/api/conference-resource
    """

    sid: str
    friendly_name: str
    status: str
    date_created: datetime | None
    date_updated: datetime | None
    reason_conference_ended: str | None
    call_sid_ending_conference: str | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, which was its last update."""
        return self.status == "completed"


class ParticipantResource(Struct, frozen=True, kw_only=True):
    """A participant who is in a conference now, or on the way in."""

    call_sid: str
    hold: bool
    status: str
    muted: bool = False
    coaching: bool = False
    end_conference_on_exit: bool = False
    date_created: datetime | None = None
    date_updated: datetime | None = None
    label: str = ""

    @property
    def connected(self) -> bool:
        """Whether it is in the conference, not on the way in."""
        return self.status == "connected"


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


def conference_resource(instance: Any) -> ConferenceResource:
    """Of the library's instance, whose every attribute may be None."""
    return ConferenceResource(
        sid=instance.sid,
        friendly_name=instance.friendly_name or "",
        status=instance.status or "",
        date_created=instance.date_created,
        date_updated=instance.date_updated,
        reason_conference_ended=instance.reason_conference_ended or None,
        call_sid_ending_conference=instance.call_sid_ending_conference or None,
    )


def participant_resource(instance: Any) -> ParticipantResource:
    """Of the library's instance, whose every attribute may be None."""
    return ParticipantResource(
        call_sid=instance.call_sid,
        hold=bool(instance.hold),
        status=instance.status or "",
        muted=bool(instance.muted),
        coaching=bool(instance.coaching),
        end_conference_on_exit=bool(instance.end_conference_on_exit),
        date_created=instance.date_created,
        date_updated=instance.date_updated,
        label=instance.label or "",
    )


def _number(value: object) -> int | None:
    # Twilio writes numbers as texts, and -1 for a recording that is not over.
    number = int(str(value)) if value not in (None, "") else None
    return None if number is None or number < 0 else number
