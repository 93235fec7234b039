"""How a call went: whether it is over, and the best outcome that the evidence shows."""

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.legs import FINAL, PROGRESS, seconds
from bridge.calls.fold.parties import Evidence
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


def ended(evidence: Evidence) -> bool:
    """Whether the call is over, or no agent rings any more.

    Each of these is true for ever once it is: nothing that arrives later reopens a call.
    """
    over = evidence.parent is not None and evidence.parent.final
    return over or any(is_last(c) for c in evidence.told) or has_message(evidence) or _legs_ended(evidence)


def _legs_ended(evidence: Evidence) -> bool:
    """Whether the legs alone tell of the end. That of one rung agent does not, unless they had picked up."""
    if evidence.direction is Direction.INBOUND:
        # Who was sent on goes on talking, or being rung for, when the first agent's leg is over.
        on_its_way = evidence.has(Kind.TRANSFER)
        return not on_its_way and any(leg.status == "completed" for leg in evidence.legs)
    # The bridge dials one number for who calls out. A call of the REST API's may dial many.
    return not evidence.originated and any(leg.final for leg in evidence.legs)


def certain(evidence: Evidence) -> bool:
    """Whether no leg that was heard of may still turn out to have been answered."""
    return any(is_last(c) for c in evidence.told) or all(leg.final for leg in evidence.legs)


def status(evidence: Evidence) -> CallStatus:
    """The best outcome that the evidence shows: a talk, else a voicemail, else why not."""
    over = ended(evidence)
    if evidence.talked:
        return CallStatus.COMPLETED if over else CallStatus.IN_PROGRESS
    if evidence.has(Kind.REFUSED):
        return CallStatus.FAILED
    if any(leg.answered for leg in evidence.legs):
        # By a machine.
        return CallStatus.VOICEMAIL if over else CallStatus.IN_PROGRESS
    if has_message(evidence):
        return CallStatus.VOICEMAIL
    if not over:
        return CallStatus.RINGING
    return CallStatus.MISSED if evidence.direction is Direction.INBOUND else _why_not(evidence)


def _why_not(evidence: Evidence) -> CallStatus:
    """Why a call out was not answered: by its legs, else its parent, whose "completed" proves no talk."""
    statuses = [leg.status for leg in evidence.legs if leg.status in UNANSWERED]
    if not statuses and evidence.parent and evidence.parent.status in UNANSWERED:
        statuses = [evidence.parent.status]
    if not statuses:
        # Answered and never connected, or hung up while it rang.
        return CallStatus.MISSED if any(not leg.bridged for leg in evidence.legs) else CallStatus.CANCELED
    return UNANSWERED[max(statuses, key=lambda s: PROGRESS[s])]


def has_message(evidence: Evidence) -> bool:
    """Whether the caller left a message with something in it."""
    return any(_is_message(c) and seconds(c.get("RecordingDuration")) for c in evidence.told)


def _is_message(callback: Callback) -> bool:
    recorded = callback.kind is Kind.RECORDING and callback.get("RecordingSource") == "RecordVerb"
    return recorded or callback.kind is Kind.VOICEMAIL
