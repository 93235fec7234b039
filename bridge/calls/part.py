"""What a call is, or was, for one agent's phone: decided by what was heard of it."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from bridge.calls.agents import Identity, client_identity
from bridge.calls.callback import Kind
from bridge.calls.control import legs_of
from bridge.calls.fold.legs import Leg
from bridge.calls.fold.outcome import ended, status
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.states import CallStatus, Direction


class PartState(StrEnum):
    """How far the call came at this phone."""

    CALLING = "calling"
    RINGING = "ringing"
    TALKING = "talking"
    TALKED = "talked"
    MISSED = "missed"
    """It rang here, and neither this phone nor another one has answered yet; or an act called it in vain."""
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    DECLINED = "declined"
    BUSY = "busy"
    NOT_ANSWERED = "not_answered"
    FAILED = "failed"
    """Twilio could not put it through: mostly the number does not exist."""
    CANCELED = "canceled"
    REFUSED = "refused"
    """The bridge, or Twilio, did not place it."""
    WAITING = "waiting"
    """It rings, or rang, no agent: a message may have been left."""


class CallPart(Struct, frozen=True):
    """`ended` tells whether the state is the last one."""

    state: PartState
    ended: bool


OUT = {
    CallStatus.RINGING: PartState.CALLING,
    CallStatus.IN_PROGRESS: PartState.TALKING,
    CallStatus.COMPLETED: PartState.TALKED,
    CallStatus.VOICEMAIL: PartState.TALKED,
    CallStatus.MISSED: PartState.NOT_ANSWERED,
    CallStatus.BUSY: PartState.BUSY,
    CallStatus.FAILED: PartState.FAILED,
    CallStatus.CANCELED: PartState.CANCELED,
}
FAR = {PartState.RINGING, PartState.TALKING, PartState.MISSED}
"""States at a phone that change while the call goes on."""


def part_of(identity: Identity, sid: str, evidence: Evidence) -> CallPart:
    """The part that an agent has in a call, by the phone whose leg has this SID, or by any.

    The agent has to be in the call (`control.was_in`).
    """
    over, placed = ended(evidence), _placed_by(identity, evidence)
    rung = [leg for leg in legs_of(identity, evidence) if leg is not placed]
    here = [leg for leg in rung if leg.sid == sid]
    if placed and not here and not _is_back(placed, rung):
        state = PartState.REFUSED if evidence.refused else OUT[status(evidence, over=over)]
        # The call can go on without the agent who placed it.
        if evidence.story and placed.final:
            return CallPart(PartState.TALKED if state is PartState.TALKING else state, ended=True)
        return CallPart(state, over)
    state = _state_here(here or rung, evidence, over=over, declined=identity in evidence.declined)
    # No later step of the call rings whom an act called.
    is_last = state is PartState.MISSED and all(leg.joined for leg in here or rung)
    return CallPart(state, over or is_last or state not in FAR)


def _placed_by(identity: Identity, evidence: Evidence) -> Leg | None:
    parent = evidence.parent
    return parent if parent and client_identity(parent.from_) == identity else None


def _is_back(placed: Leg, rung: Sequence[Leg]) -> bool:
    """Whether the agent who placed a call has left it, and gets it back."""
    return placed.final and any(not leg.final for leg in rung)


def _state_here(here: Sequence[Leg], evidence: Evidence, *, over: bool, declined: bool) -> PartState:
    if any(leg.talked for leg in here):
        on = not over and any(leg.talked and not leg.final for leg in here)
        return PartState.TALKING if on else PartState.TALKED
    if not over and any(_is_passed_on_to(leg, evidence) for leg in here if not leg.final):
        return PartState.RINGING
    if declined or any(leg.status == "busy" for leg in here):
        return PartState.DECLINED
    if evidence.direction is Direction.INBOUND and evidence.talked:
        return PartState.ANSWERED_ELSEWHERE
    on = not over and any(not leg.final for leg in here)
    return PartState.RINGING if on else PartState.MISSED


def _is_passed_on_to(leg: Leg, evidence: Evidence) -> bool:
    """Whether an act rang it while another party talked; of one that rang before, an end can be lost."""
    passed = [c.received_at for c in evidence.of_kind(Kind.TRANSFER)]
    heard = [c.received_at for c in evidence.callbacks if c.call_sid == leg.sid]
    return leg.joined or (bool(passed and heard) and min(heard) >= min(passed))
