"""Callback: one report about a call, in the parameters that Twilio uses."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b

from msgspec import Struct

PLACE = 4
"""Bytes of a digest that are of its call."""


LONGEST_TIMESTAMP = 64

PLACED_BY = "PlacedBy"
"""Ours: the agent who placed a call out, on its legs' status callbacks."""

SHOWS = "Shows"
"""Ours: `line`, on the status callbacks of a leg of a call in that sees a number of ours for the caller's."""

FORWARDED = "Forwarded"
"""Ours: the number to which a call in was forwarded, on what was answered so."""


OF_CALL = "OfCall"
"""Ours: the call that a leg joined later. Twilio names no parent of it, or names another leg."""

JOINED_AS = "JoinedAs"
"""Ours: which act called a leg that joined later, and the id of that act."""

TURN = "Turn"
"""Ours: how often an agent has changed the call's recording, on what says so."""

PREFLIGHT = "Preflight"
"""A browser sends it with a test call, which only measures its way to Twilio."""

ATTEMPT = "Attempt"
"""Ours: the phone page's own name for a call that it places, known before the call has a SID."""


class Kind(StrEnum):
    """Where a callback came from."""

    VOICE = "voice"
    STATUS = "status"
    DIAL = "dial"
    RECORDING = "recording"
    VOICEMAIL = "voicemail"
    TRANSCRIPTION = "transcription"
    REFUSED = "refused"
    """Ours: the number was not dialled; `Reason` says why."""
    RECONCILED = "reconciled"
    """What Twilio answered when it was asked for a call, in the names of a status callback."""
    TRANSFER = "transfer"
    """Ours: an agent (`Agent`) transfers the call (`To`); stored before the request to Twilio."""

    CONFERENCE = "conference"
    """What Twilio reports of the call's conference; `CallSid` is the participant, or else the call."""

    ACT = "act"
    """Ours: what an agent (`Agent`) did with a call of more than two ends (`Act`, see `fold/acts.py`)."""

    DISPOSITION = "disposition"
    """Ours: what an agent (`Agent`) says came of the call (`Outcome`, `Note`)."""

    NOTE = "note"
    """Ours: what an agent (`Agent`) has typed about the call so far (`Outcome`, `Note`), as a `Version`.

    A version takes the place of the one before it.
    """

    DECLINED = "declined"
    """Ours: an agent (`Agent`) declined a call that rang, on whichever of their phones."""


class Callback(Struct, frozen=True, kw_only=True):
    """What arrived, and when.

    `digest` is equal for two deliveries of the same thing, so a retry counts once.
    """

    kind: Kind
    call_sid: str
    parent_sid: str | None = None
    parameters: Mapping[str, str]
    received_at: datetime
    digest: bytes

    @property
    def root_sid(self) -> str:
        """The key of the call that this is about: all legs share it."""
        return self.parent_sid or self.call_sid

    def get(self, name: str) -> str | None:
        """The parameter's value; absent and empty are the same."""
        return self.parameters.get(name) or None

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks what to do with a test call, which dials no number."""
        return self.kind is Kind.VOICE and self.get(PREFLIGHT) is not None and self.get("To") is None

    @property
    def delivery(self) -> bytes:
        """Equal where `digest` is, and where one of two is by a version that did not put the call first."""
        is_placed = self.digest.startswith(_place_of(self.root_sid))
        return self.digest[PLACE:] if is_placed else self.digest[:-PLACE]

    @property
    def timestamp(self) -> datetime | None:
        """The time of the event by Twilio's clock (RFC 2822, in seconds); None where Twilio sent none."""
        text = self.parameters.get("Timestamp")
        return parse_timestamp(text) if text else None


def parse_timestamp(text: str) -> datetime | None:
    """An RFC 2822 time in UTC; None for other texts."""
    return _parsed_timestamp(text) if len(text) <= LONGEST_TIMESTAMP else None


@lru_cache(maxsize=4096)
def _parsed_timestamp(text: str) -> datetime | None:
    """A fold asks a callback for its time more than once."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def digest_of(kind: Kind, target: str, parameters: Mapping[str, str]) -> bytes:
    """16 bytes that name a delivery: its kind, path with query, and sorted parameters.

    The first four are of the call, so that an index keeps what belongs to one call together.
    """
    # A NUL cannot be confused with what a name or a value holds.
    listed = "".join([f"\0{name}\0{parameters[name]}" for name in sorted(parameters)])
    hashed = blake2b(f"{kind}\n{target}{listed}".encode(errors="surrogatepass"), digest_size=16)
    root_sid = parameters.get("ParentCallSid") or parameters.get("CallSid", "")
    return _place_of(root_sid) + hashed.digest()[:-PLACE]


@lru_cache(maxsize=1024)
def _place_of(root_sid: str) -> bytes:
    return blake2b(root_sid.encode(), digest_size=PLACE).digest()
