"""Conference callbacks → when each participant was in the room, on hold, and only listening.

https://www.twilio.com/docs/voice/twiml/conference#attributes-statusCallback
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

from msgspec import Struct

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.acts import HELD, RESUMED, let_go_of
from bridge.calls.fold.clocks import SECOND, by_twilios_clock
from bridge.calls.fold.legs import seconds

NEAR = timedelta(seconds=10)
"""An act and Twilio's report of it arrive within less; times by different clocks differ by less."""

_Point = tuple[datetime, bool]

Points = tuple[_Point, ...]
"""When a state began and ended."""


class Participant(Struct, frozen=True):
    """What was reported of one leg in the call's conferences, in order."""

    inside: Points = ()
    held: Points = ()
    silent: Points = ()
    """Whether it only listens: muted, or heard by one participant alone."""
    let_go_at: datetime | None = None
    """When an agent had hung up on it, where no report says that it left."""


NOT_INSIDE = Participant()


class Conferences(Struct, frozen=True):
    """The conferences of a call: `ended_by` is the leg whose leaving ended the last one, where reported.

    A conference that a customer left because an agent passed them on blindly is not the call's last.
    """

    participants: Mapping[str, Participant]
    ended_at: datetime | None
    ended_by: str | None
    hung_up: frozenset[str]
    """Legs of which Twilio reported that they hung up themselves."""
    passed_on_at: datetime | None = None
    """When an agent passed the customer on blindly, the last time."""

    def of(self, sid: str) -> Participant:
        """What was reported of a leg."""
        return self.participants.get(sid, NOT_INSIDE)


def conferences_of(callbacks: Sequence[Callback]) -> Conferences:
    """What a call's callbacks report of its conferences; the same for every order."""
    arrived = {callback.digest: callback.received_at for callback in callbacks}
    callbacks = list(by_twilios_clock(callbacks))
    events = sorted((c for c in callbacks if c.kind is Kind.CONFERENCE), key=in_order)
    ends = _ends(events)
    last = ends[-1] if ends and not _is_passed_on(ends[-1], callbacks) else None
    by_sid: dict[str, list[Callback]] = {}
    for event in events:
        if _event(event).startswith("participant-"):
            by_sid.setdefault(event.call_sid, []).append(event)
    acted, let_go = _acted(callbacks, by_sid, arrived), let_go_of(callbacks)
    sids = sorted(by_sid.keys() | acted.keys() | let_go.keys())
    return Conferences(
        {sid: _participant(by_sid.get(sid, []), ends, acted.get(sid, ()), let_go.get(sid)) for sid in sids},
        ended_at=_at(last) if last else None,
        ended_by=last.get("CallSidEndingConference") if last else _seen_to_end(events, callbacks),
        hung_up=frozenset(c.call_sid for c in events if c.get("ReasonParticipantLeft") == HUNG_UP),
        passed_on_at=max((c.received_at for c in callbacks if c.kind is Kind.TRANSFER), default=None),
    )


def _seen_to_end(events: Sequence[Callback], callbacks: Iterable[Callback]) -> str | None:
    """Whose leaving ended the conference, where only the others' leaving with it was reported."""
    leaves = [c for c in events if _event(c) == "participant-leave"]
    made_to = [c for c in leaves if c.get("ReasonParticipantLeft") == ENDED]
    if not made_to or any(c.kind is Kind.TRANSFER for c in callbacks):
        return None
    apart = (c for c in leaves if c.get("ReasonParticipantLeft") != ENDED)
    by = [c for c in apart if abs(_at(c) - _at(made_to[0])) <= SECOND]
    return by[-1].call_sid if by else None


def _ends(events: Iterable[Callback]) -> list[Callback]:
    """The end of each conference, in order: of two reports the earlier, for a resource can change later."""
    found: dict[str | None, Callback] = {}
    for event in events:
        if _event(event) == "conference-end":
            found.setdefault(event.get("ConferenceSid"), event)
    return list(found.values())


HUNG_UP = "participant_hung_up"
ENDED = "moderator_ended_conference"
REDIRECTED = "participant_updated_via_api"


def _is_passed_on(end: Callback, callbacks: Iterable[Callback]) -> bool:
    """Whether a conference ended because a blind transfer took the customer out of it."""
    sent = [c.received_at for c in callbacks if c.kind is Kind.TRANSFER]
    ended_by = end.get("CallSidEndingConference")
    left = (
        c for c in callbacks if c.call_sid == ended_by and c.get("ConferenceSid") == end.get("ConferenceSid")
    )
    is_redirected = any(c.get("ReasonParticipantLeft") == REDIRECTED for c in left)
    return bool(sent) and (is_redirected or any(abs(_at(end) - at) <= NEAR for at in sent))


def _participant(
    events: Sequence[Callback],
    ends: Sequence[Callback],
    acted: Iterable[_Point],
    let_go_at: datetime | None,
) -> Participant:
    every = sorted([*events, *ends], key=in_order)
    held = [*_points(every, _is_held), *sorted(acted)]
    is_gone = bool(events) and _is_gone(events[-1])
    return Participant(
        inside=_points(every, lambda c: not _is_gone(c)),
        # Within a second the events stay as their sequence numbers say.
        held=tuple(sorted(held, key=itemgetter(0))),
        silent=_points(every, _is_silent),
        let_go_at=None if is_gone else let_go_at,
    )


def _points(events: Iterable[Callback], read: Callable[[Callback], bool | None]) -> Points:
    return tuple((_at(c), is_on) for c in events if (is_on := read(c)) is not None)


def _is_gone(event: Callback) -> bool:
    return _event(event) in ("participant-leave", "conference-end")


def _is_held(event: Callback) -> bool | None:
    if _is_gone(event):
        return False
    return HOLDS.get(_event(event), _flag(event, "Hold"))


HOLDS = {"participant-hold": True, "participant-unhold": False}


def _is_silent(event: Callback) -> bool | None:
    if _is_gone(event):
        return False
    said = [flag for name in ("Muted", "Coaching") if (flag := _flag(event, name)) is not None]
    return any(said) if said else None


def _flag(event: Callback, name: str) -> bool | None:
    value = (event.get(name) or "").lower()
    return value == "true" if value else None


class _Switch(Struct, frozen=True):
    """A hold begins or ends: by an act, or by a report; `arrived` is of the bridge's clock."""

    at: datetime
    is_held: bool
    arrived: datetime


def _acted(
    callbacks: Iterable[Callback], by_sid: Mapping[str, Sequence[Callback]], arrived: Mapping[bytes, datetime]
) -> dict[str, list[_Point]]:
    """Leg SID → holds that agents made, and of which Twilio's report did not arrive."""
    by_leg: dict[str, list[_Switch]] = {}
    for sid, callback, is_held in _holds(callbacks):
        switch = _Switch(callback.received_at, is_held, arrived[callback.digest])
        by_leg.setdefault(sid, []).append(switch)
    found: dict[str, list[_Point]] = {}
    for sid, acts in by_leg.items():
        events = [c for c in by_sid.get(sid, ()) if _event(c) in HOLDS]
        reports = [_Switch(_at(c), HOLDS[_event(c)], arrived[c.digest]) for c in events]
        found[sid] = _unreported(sorted(acts, key=attrgetter("at", "is_held")), reports)
    return found


def _unreported(acts: Sequence[_Switch], reports: Sequence[_Switch]) -> list[_Point]:
    """Acts for which no report is left; none is earlier than the report of an act before it."""
    reported = _pairs(acts, reports)
    found: list[_Point] = []
    latest = acts[0].at
    for place, act in enumerate(acts):
        latest = max(latest, reported.get(place, act.at))
        if place not in reported:
            found.append((latest, act.is_held))
    return found


def _pairs(acts: Sequence[_Switch], reports: Sequence[_Switch]) -> dict[int, datetime]:
    """Each act's place → the time of its report: of those that arrived near, the nearest, and each once."""
    near = sorted(
        (abs(report.arrived - act.arrived), place, number)
        for place, act in enumerate(acts)
        for number, report in enumerate(reports)
        if report.is_held is act.is_held and abs(report.arrived - act.arrived) <= NEAR
    )
    found: dict[int, datetime] = {}
    taken: set[int] = set()
    for _, place, number in near:
        if place not in found and number not in taken:
            found[place] = reports[number].at
            taken.add(number)
    return found


def _holds(callbacks: Iterable[Callback]) -> Iterator[tuple[str, Callback, bool]]:
    for callback in callbacks:
        if callback.kind is Kind.ACT:
            for name, is_held in ((HELD, True), (RESUMED, False)):
                if sid := callback.get(name):
                    yield sid, callback, is_held


def _event(callback: Callback) -> str:
    return callback.get("StatusCallbackEvent") or ""


def _at(callback: Callback) -> datetime:
    return callback.timestamp or callback.received_at


def in_order(callback: Callback) -> tuple[datetime, int, bytes]:
    """Sort key of events: Twilio's times are whole seconds; within one the sequence number decides."""
    return _at(callback), seconds(callback.get("SequenceNumber")) or 0, callback.digest
