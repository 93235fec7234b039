"""A transcript: who said what, and when.

The transcript of one recording counts its seconds from the recording's start; the transcript of a call, which
`merging.transcript_of_call` makes of those of its recordings, from the call's start.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """Whom a channel of a recording has."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SEVERAL = "several"
    """All who were in the call: a recording with one channel, or a conference's."""


class Speaker(Struct, frozen=True, order=True):
    """Who speaks; `address` is a customer's number (E.164) or an agent's identity, "" where unknown."""

    role: Role
    address: str = ""


class AudioChannel(Struct, frozen=True):
    """A channel of a recording; `number` is 1 or 2, as Twilio counts them."""

    number: int
    speaker: Speaker


class Recorded(Struct, frozen=True, kw_only=True):
    """A finished recording: when it started (UTC), its length in seconds, and who is on each channel."""

    recording_sid: str
    starts_at: datetime
    seconds: int
    channels: tuple[AudioChannel, ...]

    def speaker(self, channel: int) -> Speaker:
        """Who is on a channel; of one that is not known, all who were in the call."""
        return next((one.speaker for one in self.channels if one.number == channel), Speaker(Role.SEVERAL))


class Segment(Struct, frozen=True):
    """What a speaker says without a longer pause; `confidence` is from 0 to 1, or None."""

    speaker: Speaker
    start_seconds: float
    end_seconds: float
    text: str
    confidence: float | None = None


class Transcript(Struct, frozen=True, kw_only=True):
    """Segments in order of time. `language` is as the engine names it (`fr`, `fr-FR`), "" where unknown.

    `engine` is one of `transcripts.engine`, `model` what the engine calls its model, "" where it has none.
    """

    segments: tuple[Segment, ...]
    language: str
    engine: str
    model: str = ""

    @property
    def speakers(self) -> Sequence[Speaker]:
        """All who speak, in order of their first words."""
        return list(dict.fromkeys(segment.speaker for segment in self.segments))
