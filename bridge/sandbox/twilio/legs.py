"""One leg of a call, and who wants to be told about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.sandbox.twilio.times import Clock

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a request goes, and how."""

    url: str
    method: str = "POST"


@dataclass(slots=True)
class Subscription:
    """Who is told about a leg: the URL, its events, and how many there were so far."""

    webhook: Webhook
    events: frozenset[str] = frozenset({"completed"})
    sent: int = 0

    def next_number(self, status: str) -> int | None:
        """The SequenceNumber of what is told about a status; None if nobody asked for it."""
        event = "completed" if status in FINAL else "answered" if status == "in-progress" else status
        if event not in self.events:
            return None
        self.sent += 1
        return self.sent - 1


@dataclass(slots=True, eq=False)
class Leg:
    """One line: a browser, a phone, a ringing agent. Times are seconds since the call's epoch."""

    sid: str
    to: str
    from_: str
    direction: str
    clock: Clock
    started_at: float = 0.0
    parent_sid: str | None = None
    status: str = "queued"
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    device: str | None = None
    """The connected device whose leg it is; None for a scripted party."""
    early_media: bool = False
    digits: str = ""
    """What its device pressed."""
    messages: list[dict[str, str]] = field(default_factory=list)
    """The call messages that its device sent."""
    sip: int | None = None
    subscription: Subscription | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What `<Parameter>` hands to the browser that is rung."""
    base: dict[str, str] = field(default_factory=dict)
    """The request parameters that stay the same."""

    @property
    def started(self) -> datetime:
        """When it was dialled."""
        return self.clock.when(self.started_at)

    @property
    def ended(self) -> datetime | None:
        """When it was over."""
        return None if self.ended_at is None else self.clock.when(self.ended_at)

    @property
    def duration(self) -> int | None:
        """Seconds from answer to end, 0 for a leg that nobody answered; None while it lasts."""
        if self.ended_at is None:
            return None
        return 0 if self.answered_at is None else int(self.ended_at) - int(self.answered_at)

    @property
    def is_over(self) -> bool:
        """Whether it reached a final status."""
        return self.status in FINAL

    def move(self, status: str, at: float) -> None:
        """Takes a status at a time; a final one never changes."""
        if self.is_over:
            return
        self.status = status
        if status == "in-progress" and self.answered_at is None:
            self.answered_at = at
        if status in FINAL:
            self.ended_at = at
