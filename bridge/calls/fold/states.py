"""The words that Twenty shows of a call: its direction, and its state."""

from enum import StrEnum


class CallStatus(StrEnum):
    """The states that Twenty shows."""

    RINGING = "RINGING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    MISSED = "MISSED"
    VOICEMAIL = "VOICEMAIL"
    BUSY = "BUSY"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class Direction(StrEnum):
    """As the company sees it: a browser that calls out is INBOUND to Twilio and OUTBOUND here."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"
