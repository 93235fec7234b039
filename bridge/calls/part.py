"""What a call is, or was, for one agent's phone: decided by what was heard of it."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.calls.agents import Identity, client_identity
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
    """It rang here, and neither this phone nor another one has answered yet."""
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


@dataclass(frozen=True, slots=True)
class CallPart:
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
    over = ended(evidence)
    if evidence.parent and client_identity(evidence.parent.from_) == identity:
        state = PartState.REFUSED if evidence.refused else OUT[status(evidence, over=over)]
        # The call can go on without the agent who placed it.
        if evidence.story and evidence.parent.final:
            return CallPart(PartState.TALKED if state is PartState.TALKING else state, ended=True)
        return CallPart(state, over)
    own = legs_of(identity, evidence)
    here = [leg for leg in own if leg.sid == sid] or own
    state = _state_here(here, evidence, over=over, declined=identity in evidence.declined)
    return CallPart(state, over or state not in FAR)


def _state_here(
    here: list[Leg] | tuple[Leg, ...], evidence: Evidence, *, over: bool, declined: bool
) -> PartState:
    if any(leg.talked for leg in here):
        on = not over and any(leg.talked and not leg.final for leg in here)
        return PartState.TALKING if on else PartState.TALKED
    if not over and any(leg.joined and not leg.final for leg in here):
        return PartState.RINGING
    if declined or any(leg.status == "busy" for leg in here):
        return PartState.DECLINED
    if evidence.direction is Direction.INBOUND and evidence.talked:
        return PartState.ANSWERED_ELSEWHERE
    on = not over and any(not leg.final for leg in here)
    return PartState.RINGING if on else PartState.MISSED
