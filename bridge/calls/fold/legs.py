"""Legs: what each CallSid's callbacks say, reduced to one state a leg.

https://www.twilio.com/docs/voice/twiml#callstatus-values
"""

from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from bridge.calls.callback import JOINED_AS, OF_CALL, SHOWS, Callback, Kind

# Rank of a status; among final statuses the better outcome has the higher one.
PROGRESS = {
    name: rank
    for rank, name in enumerate(
        (
            "queued",
            "initiated",
            "ringing",
            "in-progress",
            "canceled",
            "failed",
            "no-answer",
            "busy",
            "completed",
        )
    )
}
RINGING = frozenset({"queued", "initiated", "ringing"})
UNKNOWN = datetime.max.replace(tzinfo=UTC)
FINAL = frozenset({"canceled", "failed", "no-answer", "busy", "completed"})
TALK = timedelta(seconds=10)
"""A leg in progress for this long counts as a talk, even if its final status is "no-answer" or "canceled".

Two agents who pick up at the same time are both in progress for a moment, before Twilio cancels one.
"""


OF_A_LEG = frozenset({Kind.STATUS, Kind.RECONCILED, Kind.RECORDING, Kind.TRANSCRIPTION})

MOVES = frozenset({"conference", "left"})
"""`Next` of a Dial action that is not the end of its leg's talk, or not that of a dialled leg."""

FIRST_LEG = ("inbound", "outbound-api")
"""The `Direction`s of a call's first leg."""


class Leg(Struct, frozen=True):
    """One CallSid's part in a call. `status` is the best `CallStatus` that Twilio sent for it.

    `rung_at` is the time of the first callback that reports `queued`, `initiated` or `ringing`. `from_` is
    empty where Twilio reports that no number called; it is None where Twilio does not report it, or where the
    bridge chose the number that is shown.
    """

    sid: str
    to: str | None
    from_: str | None
    status: str
    rung_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    duration: int | None
    answered_by: str | None
    bridged: bool
    joined_as: str | None = None
    """Of a leg that joined later: the act that called it, and its id; empty for a blind transfer."""

    @property
    def joined(self) -> bool:
        """Whether it joined a call in progress: by an agent's act, not by the call's own <Dial>."""
        return self.joined_as is not None

    @property
    def answered(self) -> bool:
        """Whether a person or a machine answered and was connected."""
        return self.bridged and self.status in ("in-progress", "completed")

    @property
    def machine(self) -> bool:
        """Whether answering-machine detection heard a machine or a fax."""
        return bool(self.answered_by and self.answered_by.startswith(("machine", "fax")))

    @property
    def talked(self) -> bool:
        """Whether a person was connected and talked."""
        return self.answered and not self.machine

    @property
    def final(self) -> bool:
        """Whether the leg is over."""
        return self.status in FINAL

    def in_order(self) -> datetime:
        """Sort key: the time of the answer, else of the ringing, else of the end."""
        return self.answered_at or self.rung_at or self.ended_at or UNKNOWN


def may_be_leg(callbacks: Sequence[Callback]) -> bool:
    """Whether callbacks without a parent SID can belong to a dialled leg."""
    return bool(callbacks) and all(
        c.kind in OF_A_LEG and c.parent_sid is None and not (c.get("Direction") or "").startswith(FIRST_LEG)
        for c in callbacks
    )


def is_leg(callbacks: Sequence[Callback]) -> bool:
    """Whether callbacks without a parent SID belong to a dialled leg, by their `Direction`."""
    return may_be_leg(callbacks) and any(c.get("Direction") == "outbound-dial" for c in callbacks)


def legs_named(callbacks: Sequence[Callback]) -> set[str]:
    """SIDs of the legs that a call's callbacks name."""
    named = {c.call_sid for c in callbacks if c.parent_sid}
    return named | {sid for c in callbacks if c.kind is Kind.DIAL and (sid := c.get("DialCallSid"))}


def legs_of(callbacks: Sequence[Callback]) -> tuple[Leg, ...]:
    """The dialled legs, sorted by SID."""
    reports: dict[str, list[_Report]] = {}
    for callback in callbacks:
        if report := _report(callback):
            reports.setdefault(report.sid, []).append(report)
    return tuple(_leg(sid, reports[sid]) for sid in sorted(reports))


class _Report(Struct, frozen=True):
    """The report of one callback about one leg."""

    sid: str
    status: str
    callback: Callback
    to: str | None = None
    from_: str | None = None
    duration: int | None = None
    answered_by: str | None = None
    bridged: bool | None = None


def _report(callback: Callback) -> _Report | None:
    told_of_child = callback.kind in (Kind.STATUS, Kind.RECONCILED) and callback.parent_sid
    if told_of_child and callback.get("CallStatus"):
        return _status_report(callback)
    if callback.kind is Kind.DIAL and callback.get("DialCallStatus") and not is_moving(callback):
        return _dial_report(callback)
    return None


def is_moving(callback: Callback) -> bool:
    """Whether a Dial ended because a leg moved: into the call's conference, out of it, or to another party.

    `Next` is what the bridge answered. Such an action says nothing of the leg that Twilio names in it.
    """
    return callback.get("Next") in MOVES


def _status_report(callback: Callback) -> _Report:
    return _Report(
        sid=callback.call_sid,
        status=callback.parameters["CallStatus"],
        callback=callback,
        to=callback.get("To"),
        from_=number_that_called(callback),
        duration=seconds(callback.get("CallDuration")),
        answered_by=callback.get("AnsweredBy"),
    )


def _dial_report(callback: Callback) -> _Report:
    status = callback.parameters["DialCallStatus"]
    bridged = callback.get("DialBridged")
    return _Report(
        # Where Twilio refuses to dial there is no leg, so the outcome gets a name of its own.
        sid=callback.get("DialCallSid") or f"dial of {callback.call_sid}",
        status="completed" if status == "answered" else status,
        callback=callback,
        duration=seconds(callback.get("DialCallDuration")),
        bridged=None if bridged is None else bridged.lower() == "true",
    )


def _leg(sid: str, reports: Sequence[_Report]) -> Leg:
    status = max((e.status for e in reports), key=lambda s: (PROGRESS.get(s, -1), s))
    duration = max((e.duration for e in reports if e.duration is not None), default=None)
    ended_at = _when(reports, FINAL)
    # The call resource has no time of the answer. https://www.twilio.com/docs/voice/api/call-resource
    timed = [e for e in reports if e.callback.kind is not Kind.RECONCILED]
    answered_at = _when(timed, {"in-progress"})
    # The Dial action, where there is one, is more exact than status callbacks.
    unclear = all(e.callback.kind is not Kind.DIAL for e in reports)
    if unclear and answered_at and ended_at and ended_at - answered_at >= TALK:
        status = "completed"
    if answered_at is None and ended_at and duration and status == "completed":
        answered_at = ended_at - timedelta(seconds=duration)
    return Leg(
        sid=sid,
        to=first(e.to for e in reports),
        from_=None if any(e.callback.get(SHOWS) for e in reports) else caller_of(e.from_ for e in reports),
        status=status,
        rung_at=_when(timed, RINGING),
        answered_at=answered_at,
        ended_at=ended_at,
        duration=duration,
        answered_by=first(e.answered_by for e in reports),
        # `DialBridged=false` outweighs the leg's own "completed".
        bridged=all(e.bridged is not False for e in reports),
        joined_as=_joined_as(e.callback for e in reports),
    )


def _joined_as(callbacks: Iterable[Callback]) -> str | None:
    acts = [c.get(JOINED_AS) or "" for c in callbacks if c.get(OF_CALL)]
    return max(acts, default=None)


def _when(reports: Iterable[_Report], statuses: Set[str]) -> datetime | None:
    callbacks = [e.callback for e in reports if e.status in statuses]
    return earliest(callbacks) if callbacks else None


def parent_leg(sid: str, root: Sequence[Callback]) -> Leg | None:
    """The call's first leg; None where only callbacks of dialled legs have arrived."""
    # The action of <Record> reports "completed" when the caller hangs up; that ends the call, too.
    reports = [_status_report(c) for c in root if c.get("CallStatus")]
    return _leg(sid, reports) if reports else None


def earliest(callbacks: Sequence[Callback]) -> datetime:
    """The earliest time by Twilio's clock; without one, the earliest arrival."""
    stamped = [stamp for c in callbacks if (stamp := c.timestamp) is not None]
    return min(stamped or [c.received_at for c in callbacks])


def first(values: Iterable[str | None]) -> str | None:
    """The first value that is neither None nor empty."""
    return next((v for v in values if v), None)


def number_that_called(callback: Callback) -> str | None:
    """A callback's `From`: empty where Twilio reports that there is none, None where it reports nothing."""
    # Callbacks made from a call resource have no empty parameters.
    number = callback.parameters.get("From", "" if callback.kind is Kind.RECONCILED else None)
    return number if number is None or number.strip() else ""


def caller_of(given: Iterable[str | None]) -> str | None:
    """The first number that called; empty where Twilio reports none, None where it does not report it."""
    numbers = [number for number in given if number is not None]
    return first(numbers) or ("" if numbers else None)


def seconds(text: str | None) -> int | None:
    """A whole number of seconds; None for other texts, and for more than nine digits."""
    return int(text) if text and len(text) <= 9 and text.isascii() and text.isdecimal() else None
