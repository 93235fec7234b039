"""A call: one conversation with all its legs, folded from the callbacks about it.

`fold` gives the same Call for every order of the same callbacks and for duplicates: each fact is
reduced by an operation that does not care about order (best status, earliest time, a set).
More evidence can improve an outcome, but never reopens a call that ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from bridge.calls.callback import Callback, Kind, parse_timestamp
from bridge.calls.legs import PROGRESS, Leg, earliest, first, legs_of, parent_leg, seconds
from bridge.calls.numbers import client_identity


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


# Of a call out that nobody answered. Twenty has no "no answer".
UNANSWERED = {
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
    "no-answer": CallStatus.MISSED,
    "canceled": CallStatus.CANCELED,
}


@dataclass(frozen=True, slots=True, order=True)
class Recording:
    """A recording that Twilio holds; `duration` in seconds."""

    sid: str
    url: str
    duration: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is known of a call. Addresses are as Twilio gave them; times are UTC."""

    sid: str
    direction: Direction
    status: CallStatus
    ended: bool
    from_: str | None
    to: str | None
    other_party: str | None
    agent: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    talk_seconds: int | None
    legs: tuple[Leg, ...]
    recordings: tuple[Recording, ...]
    transcript: str | None
    caller_name: str | None
    refused: str | None


def fold(callbacks: Iterable[Callback]) -> Call:
    """The call that these callbacks, all of one `root_sid`, are about; at least one is needed."""
    told = _without_duplicates(callbacks)
    root = [c for c in told if c.parent_sid is None]
    legs = legs_of(told)
    direction = _direction(root, legs)
    parent = parent_leg(told[0].root_sid, root)
    # A call that the REST API placed talks on its own leg until it dials others.
    if not legs and parent and _originated(root):
        legs = (parent,)
    refused = first(c.get("Reason") for c in told if c.kind is Kind.REFUSED)
    ended = _ended(told, parent=parent, legs=legs, direction=direction)
    talked = [leg for leg in legs if leg.talked]
    started_at, answered_at, ended_at = _in_order(
        _started_at(told, parent=parent, legs=legs),
        min((leg.answered_at for leg in talked if leg.answered_at), default=None),
        _ended_at(told, parent=parent, legs=legs) if ended else None,
    )
    return Call(
        sid=told[0].root_sid,
        direction=direction,
        status=_status(told, parent=parent, legs=legs, direction=direction, ended=ended),
        ended=ended,
        from_=_calling(parent, legs, direction),
        to=_called(parent, legs, direction),
        other_party=_other_party(parent, legs, direction),
        agent=_agent(parent, legs, direction),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        talk_seconds=_talk_seconds(talked, ended_at) if ended_at else None,
        legs=legs,
        recordings=_recordings(told),
        transcript=first(c.get("TranscriptionText") for c in told if c.kind is Kind.TRANSCRIPTION),
        caller_name=first(c.get("CallerName") for c in told if direction is Direction.INBOUND),
        refused=refused,
    )


def _without_duplicates(callbacks: Iterable[Callback]) -> list[Callback]:
    """One of each delivery, the earliest arrival, in an order of their own."""
    ordered = sorted(callbacks, key=lambda c: (c.digest, c.received_at))
    told = [next(same) for _, same in groupby(ordered, key=lambda c: c.digest)]
    return sorted(told, key=lambda c: (c.received_at, c.digest))


def _started_at(told: Sequence[Callback], *, parent: Leg | None, legs: Sequence[Leg]) -> datetime:
    """The earliest moment by Twilio's clock, told or reckoned back from an end; else the earliest arrival."""
    reckoned = [
        leg.ended_at - timedelta(seconds=leg.duration)
        for leg in (parent, *legs)
        if leg and leg.ended_at and leg.duration
    ]
    # Of a call that Twilio was asked for, the end is what is stamped.
    begun = [moment for c in told if (text := c.get("StartTime")) and (moment := parse_timestamp(text))]
    return min([earliest(told), *reckoned, *begun])


def _in_order(
    started_at: datetime, answered_at: datetime | None, ended_at: datetime | None
) -> tuple[datetime, datetime | None, datetime | None]:
    """Where the end was heard first, or an arrival stands in for a time that Twilio did not give."""
    if answered_at and ended_at:
        answered_at = min(answered_at, ended_at)
    return min(t for t in (started_at, answered_at, ended_at) if t), answered_at, ended_at


def _originated(root: Sequence[Callback]) -> bool:
    return any((c.get("Direction") or "").startswith("outbound") for c in root)


def _direction(root: Sequence[Callback], legs: Sequence[Leg]) -> Direction:
    """From the parent where it was heard of; else from whom its children ring."""
    if _originated(root):
        return Direction.OUTBOUND
    caller = first(c.get("From") for c in root)
    if caller:
        return Direction.OUTBOUND if client_identity(caller) else Direction.INBOUND
    rings_agents = any(client_identity(leg.to) and not client_identity(leg.from_) for leg in legs)
    return Direction.INBOUND if rings_agents else Direction.OUTBOUND


def _ended(
    told: Sequence[Callback], *, parent: Leg | None, legs: Sequence[Leg], direction: Direction
) -> bool:
    """Whether the call is over.

    The end of one rung agent's leg is not the call's end, unless that agent had picked up. Each of
    these is true for ever once it is: nothing that arrives later reopens a call.
    """
    if any(c.kind in (Kind.DIAL, Kind.REFUSED) for c in told) or (parent and parent.final):
        return True
    if direction is Direction.OUTBOUND:
        return any(leg.final for leg in legs)
    return any(leg.status == "completed" for leg in legs)


def _status(
    told: Sequence[Callback],
    *,
    parent: Leg | None,
    legs: Sequence[Leg],
    direction: Direction,
    ended: bool,
) -> CallStatus:
    """The best outcome that the evidence shows: a talk, else a voicemail, else why not."""
    if any(leg.talked for leg in legs):
        return CallStatus.COMPLETED if ended else CallStatus.IN_PROGRESS
    if any(c.kind is Kind.REFUSED for c in told):
        return CallStatus.FAILED
    if _voicemail(told) or any(leg.answered and leg.machine for leg in legs):
        return CallStatus.VOICEMAIL
    if not ended:
        return CallStatus.RINGING
    if direction is Direction.INBOUND:
        return CallStatus.MISSED
    return _why_not(parent, legs)


def _why_not(parent: Leg | None, legs: Sequence[Leg]) -> CallStatus:
    """Of a call out: the legs know best; a parent that "completed" talked with nobody we know of."""
    statuses = [leg.status for leg in legs if leg.status in UNANSWERED]
    if not statuses and parent and parent.status in UNANSWERED:
        statuses = [parent.status]
    if not statuses:
        # Answered and never connected, or hung up while it rang.
        return CallStatus.MISSED if any(not leg.bridged for leg in legs) else CallStatus.CANCELED
    return UNANSWERED[max(statuses, key=lambda s: PROGRESS[s])]


def _voicemail(told: Sequence[Callback]) -> bool:
    return any(c.kind is Kind.VOICEMAIL and seconds(c.get("RecordingDuration")) for c in told)


def _calling(parent: Leg | None, legs: Sequence[Leg], direction: Direction) -> str | None:
    """The number that called: of a call out the caller ID that was shown."""
    order = (*legs, parent) if direction is Direction.OUTBOUND else (parent, *legs)
    return first(leg.from_ for leg in order if leg)


def _called(parent: Leg | None, legs: Sequence[Leg], direction: Direction) -> str | None:
    """The number that was called: of a call out as it was dialled, of a call in one of ours."""
    order = (*legs, parent) if direction is Direction.OUTBOUND else (parent, *legs)
    return first(leg.to for leg in order if leg)


def _other_party(parent: Leg | None, legs: Sequence[Leg], direction: Direction) -> str | None:
    """Who is not us: of a call in the caller, of a call out the number dialled."""
    party = _calling if direction is Direction.INBOUND else _called
    return party(parent, legs, direction)


def _agent(parent: Leg | None, legs: Sequence[Leg], direction: Direction) -> str | None:
    """The identity that called, or that picked up."""
    if direction is Direction.OUTBOUND:
        return first(client_identity(leg.from_) for leg in (parent, *legs) if leg)
    picked_up = sorted((leg for leg in legs if leg.talked), key=lambda leg: (str(leg.answered_at), leg.sid))
    return first(client_identity(leg.to) for leg in picked_up)


def _ended_at(told: Sequence[Callback], *, parent: Leg | None, legs: Sequence[Leg]) -> datetime | None:
    """When the talk ended; of a call without one, when the parent did."""
    talked = [leg.ended_at for leg in legs if leg.talked and leg.ended_at]
    if talked:
        return max(talked)
    if parent and parent.final:
        return parent.ended_at
    ends = [leg.ended_at for leg in legs if leg.ended_at]
    return max(ends) if ends else earliest(told)


def _talk_seconds(talked: Sequence[Leg], ended_at: datetime) -> int | None:
    """Seconds of conversation, all legs together; None where nobody talked."""
    if not talked:
        return None
    return sum(_leg_seconds(leg, ended_at) for leg in talked)


def _leg_seconds(leg: Leg, ended_at: datetime) -> int:
    """As Twilio counted; of a leg whose own end was not heard, until the call's."""
    if leg.duration is not None:
        return leg.duration
    if leg.answered_at:
        return max(0, round(((leg.ended_at or ended_at) - leg.answered_at).total_seconds()))
    return 0


def _recordings(told: Sequence[Callback]) -> tuple[Recording, ...]:
    """Each recording once; one whose making failed is none."""
    found: dict[str, Recording] = {}
    gone = {c.get("RecordingSid") for c in told if c.get("RecordingStatus") in ("absent", "failed")}
    for callback in told:
        url = callback.get("RecordingUrl")
        if url is None:
            continue
        sid = callback.get("RecordingSid") or url.rstrip("/").rsplit("/", 1)[-1]
        heard = Recording(sid, url, seconds(callback.get("RecordingDuration")))
        found[sid] = max(heard, found.get(sid, heard), key=lambda r: (r.duration or -1, r.url))
    return tuple(sorted(r for sid, r in found.items() if sid not in gone))
