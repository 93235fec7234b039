"""When a call began, was answered and ended, and how long it rang and was talked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from bridge.calls.callback import Kind, parse_timestamp
from bridge.calls.fold.intervals import Interval, seconds_of, within
from bridge.calls.fold.legs import Leg, earliest
from bridge.calls.fold.outcome import is_last
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.story import BEGINNING, end_of


class Times(Struct, frozen=True):
    """Times in ascending order; `ended_at` is None until the call ends, `talk_seconds` without a talk."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    talk_seconds: int | None
    ring_seconds: int | None


def times_of(evidence: Evidence, *, over: bool) -> Times:
    """The times of a call, which is `over` or goes on."""
    started_at, answered_at, ended_at = _in_order(
        _started_at(evidence),
        _answered_at(evidence),
        _ended_at(evidence) if over else None,
    )
    return Times(
        started_at,
        answered_at,
        ended_at,
        talk_seconds=_length(evidence, ended_at) if ended_at else None,
        ring_seconds=_ring_seconds(evidence, answered_at),
    )


def _answered_at(evidence: Evidence) -> datetime | None:
    told = [leg.answered_at for leg in evidence.talked if leg.answered_at]
    talks = evidence.story.talks if evidence.story else ()
    return min([*told, *(talk.intervals[0].since for talk in talks)], default=None)


def _started_at(evidence: Evidence) -> datetime:
    """The earliest time by Twilio's clock, also computed as end minus duration; else the earliest arrival."""
    reckoned = [
        leg.ended_at - timedelta(seconds=leg.duration)
        for leg in (evidence.parent, *evidence.legs)
        if leg and leg.ended_at and leg.duration
    ]
    # A reconciled callback has the timestamp of the call's end.
    starts = [text for c in evidence.of_kind(Kind.RECONCILED) if (text := c.get("StartTime"))]
    begun = [moment for text in starts if (moment := parse_timestamp(text))]
    return min([earliest(evidence.callbacks), *reckoned, *begun])


def _in_order(
    started_at: datetime, answered_at: datetime | None, ended_at: datetime | None
) -> tuple[datetime, datetime | None, datetime | None]:
    """Puts the times in order: an arrival, which can be late, replaces a time that Twilio does not send."""
    if answered_at and ended_at:
        answered_at = min(answered_at, ended_at)
    return min(t for t in (started_at, answered_at, ended_at) if t), answered_at, ended_at


def _ended_at(evidence: Evidence) -> datetime:
    """The end of the talk; without a talk the end of the parent leg, else of the last dialled leg."""
    end = end_of(evidence, evidence.story.conferences) if evidence.story else None
    if end:
        return end
    talked = [leg.ended_at for leg in evidence.talked if leg.ended_at]
    if talked:
        return max(talked)
    if evidence.parent and evidence.parent.ended_at:
        return evidence.parent.ended_at
    ends = [leg.ended_at for leg in evidence.legs if leg.ended_at]
    lasts = [earliest([c]) for c in evidence.callbacks if c.get("Next") and is_last(c)]
    return max([*ends, *lasts], default=earliest(evidence.callbacks))


def _length(evidence: Evidence, ended_at: datetime) -> int | None:
    if evidence.story is None:
        return _talk_seconds(evidence.talked, ended_at)
    ended = (Interval(BEGINNING, ended_at),)
    return seconds_of(within(evidence.story.talk_intervals, ended)) if evidence.story.talks else None


def _talk_seconds(talked: Sequence[Leg], ended_at: datetime) -> int | None:
    """Seconds of conversation, all legs together; None if no leg talked."""
    if not talked:
        return None
    return sum(_leg_seconds(leg, ended_at) for leg in talked)


def _leg_seconds(leg: Leg, ended_at: datetime) -> int:
    """Twilio's `CallDuration`; without it, from the answer to the leg's end, else to the call's end."""
    if leg.duration is not None:
        return leg.duration
    if leg.answered_at:
        return max(0, round(((leg.ended_at or ended_at) - leg.answered_at).total_seconds()))
    return 0


def _ring_seconds(evidence: Evidence, answered_at: datetime | None) -> int | None:
    """Seconds from the first phone that rang to the answer, else to the last phone that stopped ringing."""
    rung = [leg for leg in evidence.legs if leg.rung_at]
    begun = min((leg.rung_at for leg in rung if leg.rung_at), default=None)
    until = answered_at or max((leg.ended_at for leg in rung if leg.ended_at), default=None)
    return max(0, round((until - begun).total_seconds())) if begun and until else None
