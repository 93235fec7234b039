"""The ends of a call in progress: who is connected, on hold or rung, and what an agent may do about that."""

from collections.abc import Iterator

from msgspec import Struct

from bridge.calls import control
from bridge.calls.agents import Identity, client_identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.acts import HELD, RESUMED, Act, act_named, act_of, let_go_of
from bridge.calls.fold.conference import Conferences, Points, conferences_of, in_order
from bridge.calls.fold.legs import Leg
from bridge.calls.fold.outcome import ended
from bridge.calls.fold.parties import Evidence
from bridge.errors import CallConflict, NotInCall

EMERGENCY = "An emergency call is never held, moved or passed on."


class End(Struct, frozen=True, kw_only=True):
    """One leg that is not over. `joined_as` is the act that called it; None for the first two.

    `held`, `inside` (its conference) and `silent` (it only listens) are as last reported.
    """

    sid: str
    address: str
    joined_as: str | None
    inside: bool
    held: bool
    silent: bool
    answered: bool
    reported: bool
    """Whether Twilio reported it in the conference, or on the way out."""
    ends_conference: bool | None
    """Whether the conference ends when it leaves; None where no report says it."""

    @property
    def identity(self) -> Identity | None:
        """The agent whose leg it is."""
        return client_identity(self.address)

    @property
    def act(self) -> Act | None:
        """The act that called it."""
        return act_named(self.joined_as)


class Ends(Struct, frozen=True, kw_only=True):
    """The ends of a call in progress; `customer` is None once gone, `conference_sid` is of the last one."""

    customer: End | None
    others: tuple[End, ...]
    conference_sid: str | None
    asked_by: str | None = None
    """The act by which a party is asked to take the call over, until that is completed or cancelled."""

    @property
    def is_conference(self) -> bool:
        """Whether the customer is in the conference."""
        return self.customer is not None and self.customer.inside

    @property
    def present(self) -> tuple[End, ...]:
        """The others who are connected and talk."""
        connected = (end for end in self.others if (end.inside if end.reported else end.answered))
        return tuple(end for end in connected if not end.silent)

    @property
    def ringing(self) -> tuple[End, ...]:
        """Those who were called later and have not come in."""
        return tuple(end for end in self.others if end.joined_as is not None and not end.answered)

    @property
    def asked(self) -> End | None:
        """The party who is asked to take the call over, ringing or in the call."""
        asked = (end for end in self.others if end.act is Act.ASK and end.joined_as == self.asked_by)
        return next(asked, None)

    def of(self, sid: str) -> End | None:
        """The end with this leg."""
        every = (*([self.customer] if self.customer else []), *self.others)
        return next((end for end in every if end.sid == sid), None)


def ends_of(evidence: Evidence) -> Ends:
    """The ends of a call by its callbacks."""
    conferences = conferences_of(evidence.callbacks)
    customer = evidence.customer
    let_go = let_go_of(evidence.callbacks)
    others = [leg for leg in _others(evidence) if not leg.final and leg.sid not in let_go]
    first = customer if customer and not customer.final else None
    return Ends(
        customer=_end(first, evidence, conferences) if first else None,
        others=tuple(_end(leg, evidence, conferences) for leg in others),
        conference_sid=_conference_sid(evidence),
        asked_by=_asked_by(evidence),
    )


def own_end(identity: Identity, evidence: Evidence, ends: Ends) -> End:
    """An agent's own end in a call that goes on; raises NotInCall and CallConflict as `control.line_of`."""
    leg = control.line_of(identity, evidence)
    if control.is_called_by_colleague(identity, evidence):
        raise CallConflict(control.INTERNAL, code="call.internal")
    end = ends.of(leg.sid)
    if end is None or end.silent:
        raise NotInCall("This agent only listens to the call.", code="call.listening")
    return end


def check_moves(evidence: Evidence, ends: Ends, *, is_emergency: bool) -> tuple[End, End]:
    """The customer's and the agent's end of a talk that can move into a conference; raises CallConflict."""
    if is_emergency:
        raise CallConflict(EMERGENCY, code="call.emergency")
    if evidence.originated:
        raise CallConflict(control.ORIGINATED, code="call.originated")
    if ended(evidence) or ends.customer is None:
        raise CallConflict(control.OVER, code="call.over")
    talking = ends.present
    if not talking or not ends.customer.answered:
        raise CallConflict(control.NOT_ANSWERED, code="call.not_answered")
    return ends.customer, talking[0]


def _others(evidence: Evidence) -> Iterator[Leg]:
    customer = evidence.customer.sid if evidence.customer else None
    yield from (leg for leg in evidence.legs if leg.sid != customer)
    parent = evidence.parent
    if parent and parent.sid != customer and parent not in evidence.legs:
        yield parent


def _end(leg: Leg, evidence: Evidence, conferences: Conferences) -> End:
    reported, is_first = conferences.of(leg.sid), leg is evidence.parent
    return End(
        sid=leg.sid,
        address=(leg.from_ if is_first else leg.to) or "",
        joined_as=leg.joined_as,
        inside=_now(reported.inside),
        held=_now(reported.held),
        silent=_now(reported.silent) if reported.inside else act_named(leg.joined_as) is Act.LISTEN,
        answered=is_first or leg.answered or bool(reported.inside),
        reported=bool(reported.inside),
        ends_conference=_ends_conference(leg.sid, evidence),
    )


def _now(points: Points) -> bool:
    return bool(points) and points[-1][1]


def _events(evidence: Evidence) -> list[Callback]:
    return sorted(evidence.of_kind(Kind.CONFERENCE), key=in_order)


def _ends_conference(sid: str, evidence: Evidence) -> bool | None:
    said = [value for c in _events(evidence) if c.call_sid == sid and (value := c.get("EndConferenceOnExit"))]
    return said[-1].lower() == "true" if said else None


def _conference_sid(evidence: Evidence) -> str | None:
    sids = [sid for c in _events(evidence) if (sid := c.get("ConferenceSid"))]
    return sids[-1] if sids else None


class Change(Struct, frozen=True):
    """What is to be done to a leg, so that no party waits alone and no conference outlives its call."""

    sid: str
    what: str
    """`end`, `resume`, `lasting` (the conference goes on when it leaves) or `ending` (it ends then)."""


def is_passed_on(evidence: Evidence) -> bool:
    """Whether the customer was sent on blindly, and has not been moved into a conference since."""
    sent = [c.received_at for c in evidence.of_kind(Kind.TRANSFER)]
    moved = [c.received_at for c, act in _acts(evidence) if act is Act.MOVE]
    return bool(sent) and (not moved or max(sent) > max(moved))


def changes(evidence: Evidence) -> list[Change]:
    """What a conference needs now: pure, so that it may be asked again and again."""
    ends = ends_of(evidence)
    if not evidence.has(Kind.CONFERENCE):
        return []
    if ends.customer and not ends.customer.inside and is_passed_on(evidence) and not ended(evidence):
        # The customer has left the conference, which has ended with that, and is rung for.
        return []
    if ended(evidence) or ends.customer is None or not ends.present:
        return [Change(end.sid, "end") for end in _everyone(ends)]
    found = [Change(ends.customer.sid, "resume")] if _waits_in_vain(evidence, ends) else []
    found += [Change(end.sid, "end") for end in ends.others if _is_cancelled(end, evidence)]
    # One who is rung comes in at any moment: the party who leaves in the same one does not end it for them.
    wanted = len(ends.present) == 1 and all(end.silent for end in ends.ringing)
    for end in ends.others:
        is_wanted = wanted and not end.silent
        # Twilio ignores the change of a participant on hold.
        if end.inside and not end.held and end.ends_conference not in (None, is_wanted):
            found.append(Change(end.sid, "ending" if is_wanted else "lasting"))
    return found


def _everyone(ends: Ends) -> Iterator[End]:
    """Those who are in the conference or rung; a customer whom no party is left to talk with comes last."""
    yield from ends.others
    if ends.customer and ends.customer.inside:
        yield ends.customer


HOLDING = frozenset({Act.HOLD, Act.ASK, Act.SWAP, Act.RESUME, Act.CANCEL})

CONCLUDING = frozenset({Act.COMPLETE, Act.CANCEL})
"""Acts after which no party is asked any more."""


def is_asking(evidence: Evidence) -> bool:
    """Whether an agent asked a party to take the call over, and has neither passed it on nor cancelled that.

    The party is possibly gone, or was never called: the bridge stopped before.
    """
    return _asked_by(evidence) is not None


def _asked_by(evidence: Evidence) -> str | None:
    asks = [(c, act) for c, act in _acts(evidence) if act is Act.ASK or act in CONCLUDING]
    return asks[-1][0].get("Id") if asks and asks[-1][1] is Act.ASK else None


def _is_cancelled(end: End, evidence: Evidence) -> bool:
    """Whether a party comes who was asked by an act that was cancelled: Twilio called later than it said."""
    if end.act is not Act.ASK:
        return False
    acts = _acts(evidence)
    at = [number for number, (callback, _) in enumerate(acts) if callback.get("Id") == end.joined_as]
    concluding = (act for _, act in acts[at[-1] :] if act in CONCLUDING) if at else iter(())
    return next(concluding, None) is Act.CANCEL


def holder_of(evidence: Evidence, sid: str) -> str | None:
    """The agent whose act put a leg on hold; None where the last act on it took it off, or there is none."""
    about = [c for c, _ in _acts(evidence) if sid in (c.get(HELD), c.get(RESUMED))]
    return about[-1].get("Agent") if about and about[-1].get(HELD) == sid else None


def _acts(evidence: Evidence) -> list[tuple[Callback, Act]]:
    """The acts on a call in their order."""
    found = [(callback, act) for callback in evidence.callbacks if (act := act_of(callback))]
    return sorted(found, key=lambda one: (one[0].received_at, one[1]))


def _waits_in_vain(evidence: Evidence, ends: Ends) -> bool:
    """Whether the customer is on hold, and who was asked is gone, or the agent who held it is."""
    if ends.customer is None or not ends.customer.held:
        return False
    holding = [(callback, act) for callback, act in _acts(evidence) if act in HOLDING]
    if not holding:
        # An act that is under way, or was cut short: an agent is there, and can resume.
        return False
    callback, act = holding[-1]
    gone = not any(end.identity == callback.get("Agent") for end in ends.present)
    return (act is Act.ASK and ends.asked is None and _was_called(evidence)) or gone


def _was_called(evidence: Evidence) -> bool:
    """Whether the newest party who was asked had a leg, which is over."""
    asked = [callback.get("Id") for callback, act in _acts(evidence) if act is Act.ASK]
    return any(leg.joined_as == asked[-1] and leg.final for leg in evidence.legs) if asked else False
