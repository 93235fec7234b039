"""What an agent is allowed to do with a call, by the evidence of its callbacks."""

from collections.abc import Iterable
from typing import Literal

from bridge.calls.agents import Identity, client_identity
from bridge.calls.callback import TURN, Callback, Kind
from bridge.calls.fold.legs import Leg
from bridge.calls.fold.outcome import ended
from bridge.calls.fold.parties import Evidence
from bridge.errors import CallConflict, NotInCall

Action = Literal["start", "pause", "resume", "stop"]

OVER = "The call is over."
NOTHING_RECORDED = "Nothing of this call is being recorded."
ORIGINATED = "Another program placed this call; only calls of agents and callers can be transferred."
NOT_ANSWERED = "The call has not been answered yet."
INTERNAL = "Of two colleagues, only the one who called can hold the call, pass it on or add others."

RECORDING = frozenset({"in-progress", "paused"})
"""The states of a recording that goes on. https://www.twilio.com/docs/voice/api/recording"""

BECOMES: dict[Action, str] = {"pause": "paused", "resume": "in-progress", "stop": "stopped"}


def legs_of(identity: Identity, evidence: Evidence) -> tuple[Leg, ...]:
    """An agent's own legs in a call: those that rang their phones, and the one on which they called."""
    own = [leg for leg in evidence.legs if client_identity(leg.to) == identity]
    if evidence.parent and client_identity(evidence.parent.from_) == identity:
        own.append(evidence.parent)
    return tuple(own)


def was_in(identity: Identity, evidence: Evidence) -> None:
    """Raises NotInCall unless the agent placed the call or was rung."""
    if not legs_of(identity, evidence):
        raise NotInCall("This is another agent's call.")


def line_of(identity: Identity, evidence: Evidence, *, at: str | None = None) -> Leg:
    """The leg on which an agent is in a call in progress; with `at` that of the phone whose leg it is.

    Raises NotInCall where the agent is not in the call, and CallConflict where the call is over or the
    agent, or that phone, has left it.
    """
    was_in(identity, evidence)
    if ended(evidence):
        raise CallConflict(OVER, code="call.over")
    # Who called is on the line from the start; who was rung, once they picked up.
    lines = [leg for leg in legs_of(identity, evidence) if leg is evidence.parent or leg.answered]
    if not lines:
        raise NotInCall("This call rang here, and another agent took it, or none.", code="call.not_taken")
    is_own = any(leg.sid == at for leg in legs_of(identity, evidence))
    on = [leg for leg in lines if not leg.final and (leg.sid == at or not is_own)]
    if not on:
        raise CallConflict("The call goes on without this agent.", code="call.left")
    return on[0]


def is_on_line(identity: Identity, evidence: Evidence) -> bool:
    """Whether an agent is in a call in progress."""
    try:
        line_of(identity, evidence)
    except (CallConflict, NotInCall):
        return False
    return True


def is_called_by_colleague(identity: Identity, evidence: Evidence) -> bool:
    """Whether the customer's leg is the agent's own, which a colleague dialled.

    To hold or send on the other one would end it.
    """
    return evidence.customer in legs_of(identity, evidence)


def transferred_leg(evidence: Evidence, *, by: Identity) -> Leg:
    """The leg that a blind transfer sends on: the other party's; raises CallConflict where there is none.

    https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
    """
    if evidence.originated:
        raise CallConflict(ORIGINATED, code="call.originated")
    customer = evidence.customer
    if customer is None or (customer is not evidence.parent and not customer.answered):
        raise CallConflict(NOT_ANSWERED, code="call.not_answered")
    if is_called_by_colleague(by, evidence):
        raise CallConflict(INTERNAL, code="call.internal")
    return customer


def recording_change(callbacks: Iterable[Callback]) -> Callback | None:
    """The newest change of the recording by an agent; its `RecordingStatus` has the new state."""
    made = (c for c in callbacks if c.kind is Kind.RECORDING and c.get(TURN))
    return max(made, key=lambda c: int(c.parameters[TURN]), default=None)


def next_status(action: Action, now: str | None) -> str | None:
    """The next status of a call's recording; None where it has that status already.

    `now` is its status: in-progress, paused, stopped, or None for a call that was never recorded. Raises
    CallConflict where the action does not apply to it.
    """
    if action == "start":
        if now == "paused":
            raise CallConflict("The recording is paused; resume it.", code="recording.paused")
        return None if now == "in-progress" else "in-progress"
    if now not in (*RECORDING, BECOMES[action]):
        raise CallConflict(NOTHING_RECORDED, code="recording.none")
    return None if BECOMES[action] == now else BECOMES[action]
