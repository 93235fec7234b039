"""The story of a call with more than two ends: who talked with the customer, how long, and who held it.

A leg is with the customer while both are connected, neither is on hold, and the leg does not only listen.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Protocol

from msgspec import Struct

from bridge.calls.agents import Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.acts import HELD, PARTICIPANT, Act, act_named, act_of
from bridge.calls.fold.conference import Conferences, conferences_of
from bridge.calls.fold.intervals import Interval, Intervals, merged, seconds_of, while_on, within, without
from bridge.calls.fold.legs import UNKNOWN, Leg
from bridge.calls.fold.states import Direction

BEGINNING = datetime.min.replace(tzinfo=UTC)

WHOLE_SECONDS = timedelta(seconds=2)
"""Two times of one moment in Twilio's log, which are whole seconds, differ by no more."""


class Parties(Protocol):
    """The part of `Evidence` that is read here."""

    @property
    def callbacks(self) -> tuple[Callback, ...]: ...
    @property
    def parent(self) -> Leg | None: ...
    @property
    def legs(self) -> tuple[Leg, ...]: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def customer(self) -> Leg | None: ...


class Talk(Struct, frozen=True, kw_only=True):
    """One leg's time with the customer, or with the call while it only listened; `address` is whose leg."""

    sid: str
    address: str
    intervals: Intervals
    until: datetime
    """When the leg was connected last."""
    passed_on: bool = False
    """Whether an agent passed the call on to this leg after asking."""

    @property
    def seconds(self) -> int:
        """How long, without the holds."""
        return seconds_of(self.intervals)


class Hold(Struct, frozen=True, kw_only=True):
    """A time that the customer was on hold; `by` is the agent who asked for it, where that is known."""

    interval: Interval
    by: Identity | None

    @property
    def seconds(self) -> int:
        """How long."""
        return seconds_of((self.interval,))


class Story(Struct, frozen=True, kw_only=True):
    """Talks and holds in their order; `ended_by` is the address of the party who ended the call."""

    talks: tuple[Talk, ...]
    listened: tuple[Talk, ...]
    holds: tuple[Hold, ...]
    ended_by: str | None
    left_alone: bool
    """Whether the customer was on hold, or was passed on, when the last other party left."""
    conferences: Conferences
    rebuilt: bool = False
    """Whether all that is known comes from Twilio's log, which shows no holds and no listening."""

    @property
    def talk_intervals(self) -> Intervals:
        """The customer's time with anyone."""
        return merged(interval for talk in self.talks for interval in talk.intervals)

    @property
    def hold_seconds(self) -> int:
        """How long the customer was on hold, all together."""
        return sum(hold.seconds for hold in self.holds)


def story_of(parties: Parties) -> Story:
    """The story that the evidence shows, up to the call's end or the last report."""
    return _Teller(parties, conferences_of(parties.callbacks)).story()


def end_of(parties: Parties, conferences: Conferences) -> datetime | None:
    """When the customer's part in the call ended; None while it goes on."""
    customer = parties.customer
    return (customer.ended_at if customer else None) or conferences.ended_at


class _Teller(Struct, frozen=True, dict=True):
    parties: Parties
    conferences: Conferences

    @property
    def rebuilt(self) -> bool:
        """Whether neither the conference's events nor the agents' acts are known."""
        callbacks = self.parties.callbacks
        is_moved = any(c.kind is Kind.CONFERENCE for c in callbacks) or any(
            act_named(leg.joined_as) for leg in self.parties.legs
        )
        return (
            is_moved and not self.conferences.participants and not any(c.kind is Kind.ACT for c in callbacks)
        )

    def story(self) -> Story:
        others = [leg for leg in self._others() if leg.to or leg.from_]
        connected = {leg.sid: self._connected(leg) for leg in others}
        if self.rebuilt:
            connected |= {leg.sid: _after(leg, others, connected) for leg in others if _was_asked(leg)}
        talks = [self._talk(leg, self._with_customer(leg, connected[leg.sid]), connected) for leg in others]
        silent = [self._talk(leg, self._silently(leg, connected[leg.sid]), connected) for leg in others]
        talked = {talk.sid for talk in talks if talk.intervals}
        return Story(
            talks=_in_order(talks),
            listened=_in_order(talk for talk in silent if talk.sid not in talked),
            holds=self._holds(),
            ended_by=self._ended_by(),
            left_alone=self._left_alone(connected),
            conferences=self.conferences,
            rebuilt=self.rebuilt,
        )

    @property
    def _customer_sid(self) -> str:
        return self.parties.customer.sid if self.parties.customer else ""

    @property
    def _end(self) -> datetime:
        return end_of(self.parties, self.conferences) or UNKNOWN

    def _others(self) -> Iterator[Leg]:
        yield from (leg for leg in self.parties.legs if leg.sid != self._customer_sid)
        parent = self.parties.parent
        if parent and parent.sid != self._customer_sid and parent not in self.parties.legs:
            yield parent

    def _connected(self, leg: Leg) -> Intervals:
        """When a leg was connected: by its <Dial> from the answer to the room, then as the room reports."""
        participant = self.conferences.of(leg.sid)
        until = min(
            self._end, leg.ended_at or self._sent_on_at(leg) or UNKNOWN, participant.let_go_at or UNKNOWN
        )
        inside = participant.inside
        entered = next((at for at, is_inside in inside if is_inside), None)
        answered = self._answered(leg)
        if entered is None:
            left = min((at for at, _ in inside), default=UNKNOWN)
            return merged([Interval(answered, min(until, left))] if answered else [])
        reported = while_on(inside, until=UNKNOWN)
        before = [] if leg.joined or answered is None else [Interval(answered, entered)]
        return within(merged([*before, *reported]), (Interval(BEGINNING, until),))

    def _sent_on_at(self, leg: Leg) -> datetime | None:
        """When a blind transfer ended the leg of the agent who called, by the action of its <Dial>.

        The action of the <Dial> of a call in is of the agent's leg, which ends with it.
        """
        callbacks = self.parties.callbacks
        if leg is not self.parties.parent or not any(c.kind is Kind.TRANSFER for c in callbacks):
            return None
        return min((c.received_at for c in callbacks if c.get("Next") == "left"), default=None)

    def _answered(self, leg: Leg) -> datetime | None:
        if leg is self.parties.parent:
            customer = self.parties.customer
            return customer.answered_at if customer and customer.talked else None
        return leg.answered_at if leg.talked else None

    def _with_customer(self, leg: Leg, connected: Intervals) -> Intervals:
        apart = merged([*self._held(self._customer_sid), *self._held(leg.sid), *self._silent(leg)])
        return without(connected, apart)

    def _silently(self, leg: Leg, connected: Intervals) -> Intervals:
        return within(connected, self._silent(leg))

    def _held(self, sid: str) -> Intervals:
        return while_on(self.conferences.of(sid).held, until=self._end)

    def _silent(self, leg: Leg) -> Intervals:
        reported = self.conferences.of(leg.sid)
        # The report of its coming in says so; it can be lost.
        is_seen = any(is_inside for _, is_inside in reported.inside)
        if not is_seen and act_named(leg.joined_as) is Act.LISTEN:
            return (Interval(BEGINNING, self._end),)
        return while_on(reported.silent, until=self._end)

    def _talk(self, leg: Leg, intervals: Intervals, connected: dict[str, Intervals]) -> Talk:
        until = connected[leg.sid][-1].until if connected[leg.sid] else self._end
        return Talk(
            sid=leg.sid,
            address=self._address(leg) or "",
            intervals=intervals,
            until=until,
            passed_on=leg.sid in self._passed_on,
        )

    @cached_property
    def _passed_on(self) -> frozenset[str | None]:
        completed = (c for c in self.parties.callbacks if act_of(c) is Act.COMPLETE)
        return frozenset(c.get(PARTICIPANT) for c in completed)

    def _address(self, leg: Leg) -> str | None:
        return leg.from_ if leg is self.parties.parent else leg.to

    def _holds(self) -> tuple[Hold, ...]:
        intervals = self._held(self._customer_sid)
        asked = sorted(
            (c.received_at, c.get("Agent") or "")
            for c in self.parties.callbacks
            if c.kind is Kind.ACT and c.get(HELD) == self._customer_sid
        )
        return tuple(Hold(interval=interval, by=_nearest(interval.since, asked)) for interval in intervals)

    def _ended_by(self) -> str | None:
        sid = self.conferences.ended_by
        if sid is None or self._outlived_conference():
            return None
        if self.parties.customer and sid == self._customer_sid:
            return self._address(self.parties.customer)
        return next((self._address(leg) for leg in self._others() if leg.sid == sid), None)

    def _outlived_conference(self) -> bool:
        """Whether the customer was passed on out of the conference, whose end was not that of the call."""
        customer, ended_at = self.parties.customer, self.conferences.ended_at
        gone_at = customer.ended_at if customer else None
        return self.rebuilt and bool(gone_at and ended_at and gone_at - ended_at > WHOLE_SECONDS)

    def _left_alone(self, connected: dict[str, Intervals]) -> bool:
        if self._end == UNKNOWN or not any(connected.values()):
            return False
        return self._left_on_hold(connected) or self._passed_on_in_vain(connected)

    def _left_on_hold(self, connected: dict[str, Intervals]) -> bool:
        """Whether the last other party left while the customer was on hold, and not because they hung up."""
        customer_left = self.conferences.ended_by == self._customer_sid
        if customer_left or self._customer_sid in self.conferences.hung_up:
            return False
        last = max(intervals[-1].until for intervals in connected.values() if intervals)
        ended_by_other = self.conferences.ended_by is not None
        is_after = last < self._end or ended_by_other
        return is_after and any(
            interval.since < last <= interval.until for interval in self._held(self._customer_sid)
        )

    def _passed_on_in_vain(self, connected: dict[str, Intervals]) -> bool:
        """Whether a blind transfer was the last that happened, and it reached no party."""
        passed = self.conferences.passed_on_at
        if passed is None or any(s.since > passed for intervals in connected.values() for s in intervals):
            return False
        refused = any(_is_unanswered_transfer(c) for c in self.parties.callbacks)
        return refused or any(_rang_in_vain(leg, passed) for leg in self.parties.legs)


def _was_asked(leg: Leg) -> bool:
    return act_named(leg.joined_as) is Act.ASK


def _after(leg: Leg, others: Sequence[Leg], connected: dict[str, Intervals]) -> Intervals:
    """When a party who was asked had the customer for certain: once the agent who asked had left."""
    asking = [one for one in others if one is not leg and leg.from_ in (one.from_, one.to) and not one.joined]
    asking = asking or [one for one in others if one is not leg and not _was_asked(one)]
    left = [connected[one.sid][-1].until for one in asking if connected[one.sid]]
    return without(connected[leg.sid], (Interval(BEGINNING, max(left, default=BEGINNING)),))


def _rang_in_vain(leg: Leg, passed: datetime) -> bool:
    return not leg.talked and leg.rung_at is not None and leg.rung_at >= passed.replace(microsecond=0)


def _is_unanswered_transfer(callback: Callback) -> bool:
    is_action = callback.kind is Kind.DIAL and callback.get("Step") == "transfer"
    return is_action and callback.get("DialCallStatus") != "completed"


def _nearest(at: datetime, asked: Sequence[tuple[datetime, str]]) -> Identity | None:
    by = min(asked, key=lambda one: (abs(one[0] - at), one[1]), default=None)
    return Identity(by[1]) if by and by[1] else None


def _in_order(talks: Iterable[Talk]) -> tuple[Talk, ...]:
    return tuple(sorted((t for t in talks if t.intervals), key=lambda t: t.intervals[0].since))
