"""Who is in a call, and who placed how many: what the callbacks of the last hours say, in memory.

The callbacks are the truth. This is an in-memory view of them for answers that Twilio waits for: the same
for every order of the same callbacks, for duplicates, and after a restart, when it reads them again.
"""

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from bridge.calls.agents import Identity, client_identity
from bridge.calls.callback import ATTEMPT, FORWARDED, OF_CALL, PLACED_BY, Callback, Kind
from bridge.calls.fold.acts import MOVING, PASSED_BY, TO, move_of, moved, passes_on
from bridge.calls.fold.legs import FINAL, is_moving

WIDEST = timedelta(hours=1)
"""No window is wider."""

MOST = 100_000
"""Moments; no limit is higher. The oldest are forgotten by number alone: by time, one moment of a clock that
was wrong would make all others old."""


class Tally:
    """The newest moments, in any order of arrival."""

    def __init__(self) -> None:
        self._moments: list[datetime] = []

    def add(self, moment: datetime) -> None:
        """One more."""
        # Almost always the newest, which goes to the end.
        insort(self._moments, moment)
        if len(self._moments) > MOST:
            del self._moments[0]

    def move(self, moment: datetime, *, to: datetime) -> None:
        """Corrects the time of a counted moment."""
        at = bisect_left(self._moments, moment)
        if self._moments[at : at + 1] == [moment]:
            del self._moments[at]
        self.add(to)

    def since(self, moment: datetime) -> int:
        """How many after `moment`."""
        return len(self._moments) - bisect_right(self._moments, moment)

    def nothing_after(self, moment: datetime) -> bool:
        """Whether all that is counted was at `moment` or before."""
        return not self._moments or self._moments[-1] <= moment


LONGEST_CALL = timedelta(hours=4)
"""What Twilio bounds a <Dial> by where nothing is said. https://www.twilio.com/docs/voice/twiml/dial#timelimit"""

LONGEST_RING = timedelta(minutes=10)
"""What comes before the talk: Twilio rings no longer."""

MOST_LEGS = 50_000
"""The oldest are forgotten beyond that: some 30 MB."""

FEW_LEGS = 5_000
"""So many stay however old they seem: the clock may have jumped."""

ANSWERED = frozenset({"completed", "answered"})


class _Leg(Struct):
    """What was heard of one CallSid. Each field only ever goes one way, so that order does not matter."""

    heard_at: datetime
    parent: str | None = None
    identity: str | None = None
    placed_at: datetime | None = None
    """When its identity asked to call out."""
    picked_up: bool = False
    hung_up: bool = False
    """The leg itself is over, and with a parent all its children."""
    dialled: bool = False
    """Whom it called is over: of a call out that is the end."""
    refused_at: datetime | None = None
    reason: str | None = None
    """Why it was not placed."""
    attempt: tuple[str, str] | None = None
    """The agent who asked to call out, and what their phone calls that."""
    rang: str | None = None
    """Whom Twilio called on it."""
    busy: bool = False
    talked: bool = False
    """Of the leg of who called: its Dial was answered and bridged."""
    answered_by: frozenset[str] = frozenset()
    """Of the leg of who called: the dialled legs that say that they were answered."""
    unbridged: frozenset[str] = frozenset()
    """Of the leg of who called: the dialled legs of which the Dial says that none talked on them."""
    never_bridged: bool = False
    """Of a dialled leg: its Dial says so."""
    over_at: datetime | None = None
    """When it was first heard that it is over, or of a call out that its Dial is."""
    declined: frozenset[str] = frozenset()
    """Of a caller's leg: the agents who do not take the call."""
    joined: bool = False
    """It joined the call later, and does not end with the first leg."""
    moves: frozenset[tuple[datetime, str]] = frozenset()
    """Of a caller's leg: when the bridge moved it or the other leg, and to where (`fold.acts.move_of`)."""
    passed: frozenset[tuple[datetime, str]] = frozenset()
    """Of a caller's leg: when an agent passed the customer on blindly, and the agent's leg."""

    @property
    def has_moved(self) -> bool:
        """Whether the other leg was moved."""
        return any(where != "dial" for _, where in self.moves)

    @property
    def on_line(self) -> bool:
        """Whether, by what was heard of this leg alone, its identity is in a call."""
        calls = self.placed_at is not None and not self.dialled
        return not self.hung_up and (calls or self.picked_up)

    def end(self, at: datetime) -> None:
        """It is over, by what was heard then."""
        self.over_at = min(self.over_at or at, at)

    @property
    def talked_until(self) -> datetime | None:
        """When its identity stopped to talk."""
        has_talked = self.picked_up and not self.never_bridged
        return self.over_at if has_talked or self.talked or self.answered_by - self.unbridged else None


class LiveCalls:
    """A view of the callbacks. A call whose end is never heard ends after `longest`."""

    def __init__(self, longest: timedelta | None = None) -> None:
        self._longest = (longest or LONGEST_CALL) + LONGEST_RING
        self.keeps = max(self._longest, WIDEST)
        """How far back callbacks matter."""
        self._legs: OrderedDict[str, _Leg] = OrderedDict()
        self._on_line: dict[str, set[str]] = {}
        self._talks: dict[str, set[str]] = {}
        self._placed, self._placed_by = Tally(), dict[str, Tally]()
        self._refused, self._refused_by = Tally(), dict[str, Tally]()
        self._forwarded = Tally()
        self._attempts: dict[tuple[str, str], str] = {}

    def add(self, callback: Callback) -> None:
        """Takes a callback into account; a duplicate changes nothing."""
        leg = self._leg(callback.call_sid, callback.received_at)
        leg.parent = leg.parent or callback.parent_sid
        if callback.kind in (Kind.VOICE, Kind.REFUSED):
            self._asked(leg, callback)
        if callback.kind is Kind.TRANSFER or (callback.kind is Kind.ACT and callback.get(TO)):
            self._transferred(callback)
        if callback.kind in MOVING and (move := move_of(callback)):
            leg.moves |= {(callback.received_at, move)}
        if passed_by := callback.get(PASSED_BY):
            leg.passed |= {(callback.received_at, passed_by)}
        leg.joined |= callback.get(OF_CALL) is not None
        if callback.kind is Kind.DECLINED and (agent := callback.get("Agent")):
            leg.declined |= {agent}
        if callback.get(FORWARDED):
            self._forwarded_to(callback)
        if callback.kind is Kind.STATUS and leg.parent and (agent := callback.get(PLACED_BY)):
            self._placed_call(leg.parent, Identity(agent), callback.received_at)
        if callback.kind is Kind.DIAL:
            self._dial_over(leg, callback)
        self._status(leg, callback)
        self._sort(callback.call_sid, leg)

    def __len__(self) -> int:
        """How many legs it remembers."""
        return len(self._legs)

    def in_call(self, identity: str, now: datetime) -> bool:
        """Whether an agent is placing a call, or talks."""
        return self.in_calls(1, identity, now)

    def in_calls(self, number: int, identity: str, now: datetime) -> bool:
        """Whether an agent is in so many calls, or more."""
        sids = self._on_line.get(identity, ())
        # Mostly nothing needs to be counted.
        return len(sids) >= number and sum(self._goes_on(self._legs[sid], now) for sid in sids) >= number

    def talked_until(self, identity: str) -> datetime | None:
        """When an agent's last talk ended that is remembered."""
        ends = (self._legs[sid].talked_until for sid in self._talks.get(identity, ()))
        return max((at for at in ends if at), default=None)

    def call_of(self, identity: str, now: datetime) -> str | None:
        """The SID of the leg on which an agent is in a call."""
        on = [sid for sid in self._on_line.get(identity, ()) if self._goes_on(self._legs[sid], now)]
        return min(on, default=None)

    def root_of(self, sid: str) -> str:
        """The SID of the call that a leg is of."""
        leg = self._legs.get(sid)
        return leg.parent if leg and leg.parent else sid

    def placed(self, since: datetime) -> int:
        """How many calls out there were after `since` (an hour ago at most), of everybody."""
        return self._placed.since(since)

    def placed_by(self, identity: str, since: datetime) -> int:
        """How many calls out an agent placed after `since` (an hour ago at most)."""
        tally = self._placed_by.get(identity)
        return tally.since(since) if tally else 0

    def forwarded(self, since: datetime) -> int:
        """How many calls in were forwarded to numbers after `since` (an hour ago at most)."""
        return self._forwarded.since(since)

    def refused(self, since: datetime) -> int:
        """How many calls out were refused after `since` (an hour ago at most), to everybody."""
        return self._refused.since(since)

    def refused_to(self, identity: str, since: datetime) -> int:
        """How many calls an agent was refused after `since` (an hour ago at most)."""
        tally = self._refused_by.get(identity)
        return tally.since(since) if tally else 0

    def was_placed(self, call_sid: str) -> bool:
        """Whether this call out was answered with a <Dial> before: Twilio may ask twice."""
        leg = self._legs.get(call_sid)
        return leg is not None and leg.placed_at is not None

    def why_refused(self, call_sid: str) -> str | None:
        """The reason for which this call out was refused before."""
        leg = self._legs.get(call_sid)
        return leg.reason if leg and leg.placed_at is None else None

    def placed_as(self, identity: str, attempt: str) -> str | None:
        """The SID of the call that an agent's phone placed, or was refused, under a name of its own."""
        return self._attempts.get((identity, attempt))

    def move(self, call_sid: str, now: datetime) -> str:
        """What follows a Dial of this call that ends now, because its dialled leg was moved: see `moved`."""
        leg = self._legs.get(call_sid)
        return moved(leg.moves, now) if leg else ""

    def passes_on(self, call_sid: str, leg_sid: str, now: datetime) -> bool:
        """Whether a Dial of this call that ends now ends by a blind transfer: see `fold.acts.passes_on`."""
        leg = self._legs.get(call_sid)
        return leg is not None and passes_on(leg.passed, leg_sid, now)

    def conferences(self, now: datetime) -> list[str]:
        """The calls that were moved into a conference, and can go on."""
        return [
            sid for sid, leg in self._legs.items() if leg.has_moved and now - leg.heard_at < self._longest
        ]

    def declined(self, call_sid: str, identity: str) -> bool:
        """Whether an agent declined this call, or was in another one, on any phone."""
        leg = self._legs.get(call_sid)
        return leg is not None and identity in leg.declined

    def _leg(self, sid: str, heard_at: datetime) -> _Leg:
        leg = self._legs.get(sid)
        if leg is None:
            leg = self._legs[sid] = _Leg(heard_at)
            if len(self._legs) > FEW_LEGS:
                self._forget(before=heard_at - self.keeps)
        leg.heard_at = min(leg.heard_at, heard_at)
        return leg

    def _asked(self, leg: _Leg, callback: Callback) -> None:
        identity = client_identity(callback.get("From"))
        if identity is None:
            return
        leg.identity, at = identity, callback.received_at
        if attempt := callback.get(ATTEMPT):
            leg.attempt = identity, attempt
            known = self._attempts.get(leg.attempt, callback.call_sid)
            self._attempts[leg.attempt] = min(known, callback.call_sid)
        # A test call dials no one; the report of its end can be lost.
        leg.dialled |= callback.is_preflight
        if callback.kind is Kind.VOICE:
            tallies = [self._placed, self._placed_by.setdefault(identity, Tally())]
            leg.placed_at = _counted(tallies, leg.placed_at, at)
        else:
            tallies = [self._refused, self._refused_by.setdefault(identity, Tally())]
            leg.refused_at = _counted(tallies, leg.refused_at, at)
            reason = callback.get("Reason") or ""
            leg.reason = min(leg.reason or reason, reason)

    def _placed_call(self, call_sid: str, identity: Identity, at: datetime) -> None:
        """A leg of a call out is heard of: its voice request was answered, even where that was not stored."""
        caller = self._leg(call_sid, at)
        caller.identity = caller.identity or identity
        if caller.placed_at is None:
            tallies = [self._placed, self._placed_by.setdefault(identity, Tally())]
            caller.placed_at = _counted(tallies, None, at)
        self._sort(call_sid, caller)

    def _transferred(self, callback: Callback) -> None:
        """A number that an agent has called for a call is a call out of the agent's, who is not in it."""
        name, at = callback.get("Agent"), callback.received_at
        if name and not client_identity(callback.get("To")):
            agent = Identity(name)
            leg = self._leg(f"transfer {callback.delivery.hex()}", at)
            leg.identity, leg.dialled = agent, True
            tallies = [self._placed, self._placed_by.setdefault(agent, Tally())]
            leg.placed_at = _counted(tallies, leg.placed_at, at)

    def _forwarded_to(self, callback: Callback) -> None:
        leg = self._leg(f"forward {callback.delivery.hex()}", callback.received_at)
        leg.placed_at = _counted([self._forwarded], leg.placed_at, callback.received_at)

    def _dial_over(self, leg: _Leg, callback: Callback) -> None:
        if callback.get("Next") == "conference":
            return
        leg.dialled = True
        leg.end(callback.received_at)
        is_bridged = (callback.get("DialBridged") or "true").lower() == "true"
        leg.talked |= is_bridged and callback.get("DialCallStatus") in ANSWERED
        if (callee := callback.get("DialCallSid")) and not is_moving(callback):
            over = self._leg(callee, callback.received_at)
            over.hung_up = True
            over.end(callback.received_at)
            over.parent = over.parent or callback.call_sid
            if not is_bridged:
                over.never_bridged, leg.unbridged = True, leg.unbridged | {callee}
            over.busy |= callback.get("DialCallStatus") == "busy"
            self._note_busy(over, callback.received_at)
            self._sort(callee, over)

    def _status(self, leg: _Leg, callback: Callback) -> None:
        status = callback.get("CallStatus")
        if status in FINAL:
            leg.hung_up = True
            leg.end(callback.received_at)
            if leg.parent and not callback.get(OF_CALL):
                caller = self._leg(leg.parent, callback.received_at)
                caller.dialled = True
                if status == "completed":
                    caller.answered_by |= {callback.call_sid}
                caller.end(callback.received_at)
                self._sort(leg.parent, caller)
        elif status == "in-progress" and _rang(callback) and (to := client_identity(callback.get("To"))):
            leg.identity, leg.picked_up = to, True
        if callback.kind is Kind.STATUS and leg.parent:
            leg.rang = leg.rang or client_identity(callback.get("To"))
            leg.busy |= status == "busy"
            if leg.busy:
                self._note_busy(leg, callback.received_at)

    def _note_busy(self, leg: _Leg, at: datetime) -> None:
        """A browser that declines is busy to Twilio."""
        if leg.busy and leg.rang and leg.parent:
            caller = self._leg(leg.parent, at)
            caller.declined |= {leg.rang}

    def _sort(self, sid: str, leg: _Leg) -> None:
        if leg.identity is None:
            return
        if leg.talked_until:
            self._talks.setdefault(leg.identity, set()).add(sid)
        if leg.on_line:
            self._on_line.setdefault(leg.identity, set()).add(sid)
        elif sids := self._on_line.get(leg.identity):
            sids.discard(sid)
            if not sids:
                del self._on_line[leg.identity]

    def _goes_on(self, leg: _Leg, now: datetime) -> bool:
        parent = self._legs.get(leg.parent) if leg.parent and not leg.joined else None
        return now - leg.heard_at < self._longest and not (parent and parent.hung_up)

    def _forget(self, *, before: datetime) -> None:
        while len(self._legs) > FEW_LEGS:
            sid, oldest = next(iter(self._legs.items()))
            if oldest.heard_at >= before and len(self._legs) <= MOST_LEGS:
                return
            self._drop(sid, oldest)

    def _drop(self, sid: str, leg: _Leg) -> None:
        del self._legs[sid]
        if leg.attempt is not None:
            self._attempts.pop(leg.attempt, None)
        if leg.identity is None:
            return
        leg.hung_up = True
        self._sort(sid, leg)
        if talks := self._talks.get(leg.identity):
            talks.discard(sid)
            if not talks:
                del self._talks[leg.identity]
        for tallies in (self._placed_by, self._refused_by):
            tally = tallies.get(leg.identity)
            if tally and tally.nothing_after(leg.placed_at or leg.refused_at or leg.heard_at):
                del tallies[leg.identity]


def _counted(tallies: Iterable[Tally], known: datetime | None, at: datetime) -> datetime:
    """Counts a call once, at the earliest time that was heard of it."""
    for tally in tallies:
        if known is None:
            tally.add(at)
        elif at < known:
            tally.move(known, to=at)
    return min(known or at, at)


def _rang(callback: Callback) -> bool:
    """Whether Twilio called this leg: a browser that calls a colleague has a `To`, too."""
    return callback.parent_sid is not None or (callback.get("Direction") or "").startswith("outbound")
