"""The account's transcripts of both products, and what goes wrong with them when a test says so."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.sids import new_sid

if TYPE_CHECKING:
    from bridge.sandbox.twilio.delivered import Delivered

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(kind: str) -> str:
    """`voice_transcription_…`: ids of the newer Voice API end in 26 letters and digits."""
    return f"voice_{kind}_{''.join(secrets.choice(_LETTERS) for _ in range(26))}"


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True, kw_only=True)
class Service:
    """A service of Conversation Intelligence; its language is fixed for ever."""

    unique_name: str
    language_code: str = "en-US"
    settings: dict[str, str] = field(default_factory=dict)
    sid: str = field(default_factory=lambda: new_sid("GA"))
    created: datetime = field(default_factory=_now)

    def is_set(self, name: str) -> bool:
        """Whether a switch of it is on."""
        return self.settings.get(name, "").lower() == "true"


@dataclass(slots=True, kw_only=True)
class Transcript:
    """A transcript of Conversation Intelligence."""

    service: Service
    recording: Recording
    channel: Mapping[str, Any]
    customer_key: str = ""
    status: str = "queued"
    sid: str = field(default_factory=lambda: new_sid("GT"))
    created: datetime = field(default_factory=_now)


@dataclass(slots=True, kw_only=True)
class Configuration:
    """A configuration of batch transcription."""

    unique_name: str
    configuration: dict[str, Any]
    description: str = ""
    id: str = field(default_factory=lambda: new_id("transcriptionconfiguration"))
    created: datetime = field(default_factory=_now)


@dataclass(slots=True, kw_only=True)
class Transcription:
    """One batch transcription."""

    configuration: Configuration
    recording: Recording
    participants: Sequence[Mapping[str, Any]]
    status: str = "PENDING"
    id: str = field(default_factory=lambda: new_id("transcription"))
    created: datetime = field(default_factory=_now)


@dataclass(slots=True)
class Switches:
    """What goes wrong next.

    `until`: work goes on once this is set. So many of the next webhooks are `lost`, come `twice`, or carry a
    hash (`forged`) of another body; `reshape` changes the body of each. So many of the next jobs fail
    (`failing`), their webhooks with them: none. `refused`: the codes that the next starts are refused with.
    """

    until: asyncio.Event | None = None
    lost: int = 0
    twice: int = 0
    forged: int = 0
    failing: int = 0
    refused: deque[tuple[int, int]] = field(default_factory=deque)
    reshape: Callable[[dict[str, Any]], Any] | None = None

    def take(self, name: str) -> bool:
        """Whether one of the next is concerned: counts it down."""
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return left > 0


@dataclass(slots=True)
class Transcribing:
    """Services and transcripts, configurations and transcriptions, by their ids.

    `is_restricted`: a PCI or HIPAA account, which batch transcription refuses.
    """

    services: dict[str, Service] = field(default_factory=dict)
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    configurations: dict[str, Configuration] = field(default_factory=dict)
    transcriptions: dict[str, Transcription] = field(default_factory=dict)
    by_idempotency_key: dict[str, Transcription] = field(default_factory=dict)
    deliveries: "list[Delivered]" = field(default_factory=list)
    switches: Switches = field(default_factory=Switches)
    is_restricted: bool = False

    def billed(self, recording_sid: str) -> int:
        """How often a recording was transcribed, and paid for."""
        jobs: Iterable[Transcript | Transcription] = chain(
            self.transcripts.values(), self.transcriptions.values()
        )
        return [one.recording.sid for one in jobs].count(recording_sid)
