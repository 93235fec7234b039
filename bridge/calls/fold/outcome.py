"""How a call went: whether it is over, and the best outcome that the evidence shows."""

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.legs import FINAL, PROGRESS, seconds
from bridge.calls.fold.parties import Heard
from bridge.calls.fold.states import CallStatus, Direction

# Statuses of an unanswered call out. Twenty has no "no answer".
UNANSWERED = {
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
    "no-answer": CallStatus.MISSED,
    "canceled": CallStatus.CANCELED,
}


def is_last(callback: Callback) -> bool:
    """Whether no agent rings any more after this: a Dial ended, and the bridge did not ring on.

    `Next` is what the bridge answered (`web/twilio/inbound.py`): `dial`, `voicemail`, `message` or `end`.
    """
    following = callback.get("Next")
    return following != "dial" if following else callback.kind in (Kind.DIAL, Kind.REFUSED)


def closes(callback: Callback) -> bool:
    """Whether a callback tells of an end: that of the call, or that of one of its legs."""
    return is_last(callback) or callback.kind is Kind.VOICEMAIL or callback.get("CallStatus") in FINAL


def ended(heard: Heard) -> bool:
    """Whether the call is over, or no agent rings any more.

    Each of these is true for ever once it is: nothing that arrives later reopens a call.
    """
    over = heard.parent is not None and heard.parent.final
    return over or any(is_last(c) for c in heard.told) or has_message(heard) or _legs_ended(heard)


def _legs_ended(heard: Heard) -> bool:
    """Whether the legs alone tell of the end. That of one rung agent does not, unless they had picked up."""
    if heard.direction is Direction.INBOUND:
        # Who was sent on goes on talking, or being rung for, when the first agent's leg is over.
        on_its_way = heard.has(Kind.TRANSFER)
        return not on_its_way and any(leg.status == "completed" for leg in heard.legs)
    # The bridge dials one number for who calls out. A call of the REST API's may dial many.
    return not heard.originated and any(leg.final for leg in heard.legs)


def certain(heard: Heard) -> bool:
    """Whether no leg that was heard of may still turn out to have been answered."""
    return any(is_last(c) for c in heard.told) or all(leg.final for leg in heard.legs)


def status(heard: Heard) -> CallStatus:
    """The best outcome that the evidence shows: a talk, else a voicemail, else why not."""
    over = ended(heard)
    if heard.talked:
        return CallStatus.COMPLETED if over else CallStatus.IN_PROGRESS
    if heard.has(Kind.REFUSED):
        return CallStatus.FAILED
    if any(leg.answered for leg in heard.legs):
        # By a machine.
        return CallStatus.VOICEMAIL if over else CallStatus.IN_PROGRESS
    if has_message(heard):
        return CallStatus.VOICEMAIL
    if not over:
        return CallStatus.RINGING
    return CallStatus.MISSED if heard.direction is Direction.INBOUND else _why_not(heard)


def _why_not(heard: Heard) -> CallStatus:
    """Why a call out was not answered: by its legs, else its parent, whose "completed" proves no talk."""
    statuses = [leg.status for leg in heard.legs if leg.status in UNANSWERED]
    if not statuses and heard.parent and heard.parent.status in UNANSWERED:
        statuses = [heard.parent.status]
    if not statuses:
        # Answered and never connected, or hung up while it rang.
        return CallStatus.MISSED if any(not leg.bridged for leg in heard.legs) else CallStatus.CANCELED
    return UNANSWERED[max(statuses, key=lambda s: PROGRESS[s])]


def has_message(heard: Heard) -> bool:
    """Whether the caller left a message with something in it."""
    return any(_is_message(c) and seconds(c.get("RecordingDuration")) for c in heard.told)


def _is_message(callback: Callback) -> bool:
    recorded = callback.kind is Kind.RECORDING and callback.get("RecordingSource") == "RecordVerb"
    return recorded or callback.kind is Kind.VOICEMAIL
