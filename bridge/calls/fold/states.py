"""The values of a call's direction and status in Twenty."""

from enum import StrEnum


class CallStatus(StrEnum):
    """A call's status in Twenty."""

    RINGING = "RINGING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    MISSED = "MISSED"
    VOICEMAIL = "VOICEMAIL"
    BUSY = "BUSY"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class Direction(StrEnum):
    """Direction from the company's view: Twilio reports a browser that calls out as inbound."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"
