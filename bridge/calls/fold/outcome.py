"""Whether a call has ended, and the best outcome that the evidence shows."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.legs import FINAL, MOVES, PROGRESS, seconds
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.states import CallStatus, Direction
from bridge.calls.fold.story import Story

# Statuses of an unanswered outbound call. Twenty's field has no "no answer".
UNANSWERED = {
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
    "no-answer": CallStatus.MISSED,
    "canceled": CallStatus.CANCELED,
}


SILENT = frozenset({Kind.NOTE, Kind.DISPOSITION, Kind.DECLINED})
"""What agents say of a call, as often as they type; it ends none."""

ONE_BY_ONE = 32
"""As many callbacks as come after the end of nearly every call of more than two ends."""

GO_ON = frozenset({"dial", *MOVES})
"""`Next` of an answer after which the call goes on."""


def is_last(callback: Callback) -> bool:
    """Whether no agent rings after this: a Dial ended, and the bridge started no other.

    `Next` is what the bridge answered (`web/twilio/inbound.py`): `dial`, `voicemail`, `message` or `end`; or
    where a leg moved, `conference` or `left`.
    """
    following = callback.get("Next")
    return following not in GO_ON if following else callback.kind in (Kind.DIAL, Kind.REFUSED)


def closes(callback: Callback) -> bool:
    """Whether a callback reports the end of the call, or of one of its legs."""
    return is_last(callback) or callback.kind is Kind.VOICEMAIL or callback.get("CallStatus") in FINAL


def ended(evidence: Evidence) -> bool:
    """Whether the call is over, or no agent rings any more.

    Each condition stays true: no callback that arrives later reopens a call.
    """
    if evidence.story:
        return _customer_is_gone(evidence, evidence.story)
    over = evidence.parent is not None and evidence.parent.final
    return (
        over or any(is_last(c) for c in evidence.callbacks) or has_message(evidence) or _legs_ended(evidence)
    )


def _customer_is_gone(evidence: Evidence, story: Story) -> bool:
    """Whether a call of more than two ends is over: agents come and go, and its conference ends with it."""
    customer, conferences = evidence.customer, story.conferences
    every = [leg for leg in (evidence.parent, *evidence.legs) if leg]
    is_gone = (customer is not None and customer.final) or conferences.ended_at is not None
    no_more = any(is_last(c) and c.get("Next") for c in evidence.callbacks) or has_message(evidence)
    return is_gone or no_more or (bool(every) and all(leg.final for leg in every))


def ended_from(evidence: Evidence) -> datetime | None:
    """When the callback arrived since which the call has been over; None while it goes on.

    A call that a leg joined after its end went on.
    """
    if not ended(evidence):
        return None
    telling = [callback for callback in evidence.callbacks if callback.kind not in SILENT]
    # Only a leg that joins a call takes an end back.
    return telling[_ended_with(telling, exact=ONE_BY_ONE if evidence.story else 1) - 1].received_at


def _ended_with(telling: Sequence[Callback], *, exact: int) -> int:
    """How many of these callbacks it took until the call was over; with all of them it is over.

    Each look folds the call: it looks back one by one to the last `exact`, and further in steps that grow.
    """
    total = over = len(telling)
    before = total - 1
    while _ended_by(telling[:before]):
        back = total - before
        over, before = before, max(before - (1 if back < exact else back), 0)
    between = range(before + 1, over)
    return before + 1 + bisect_left(between, True, key=lambda n: _ended_by(telling[:n]))


def _ended_by(callbacks: Sequence[Callback]) -> bool:
    return bool(callbacks) and ended(Evidence.of(callbacks))


def _legs_ended(evidence: Evidence) -> bool:
    """Whether the legs alone show that the call ended; an unanswered leg does not end an inbound call."""
    if evidence.direction is Direction.INBOUND:
        # After a transfer the call continues when the first agent's leg has ended.
        on_its_way = evidence.has(Kind.TRANSFER)
        return not on_its_way and any(leg.status == "completed" for leg in evidence.legs)
    # For an agent the bridge dials one number; a call that the REST API placed can dial many.
    return not evidence.originated and any(leg.final for leg in evidence.legs)


def certain(evidence: Evidence) -> bool:
    """Whether no later callback can show that a known leg was answered."""
    if evidence.story:
        return ended(evidence)
    return any(is_last(c) for c in evidence.callbacks) or all(leg.final for leg in evidence.legs)


def status(evidence: Evidence, *, over: bool) -> CallStatus:
    """The best outcome that the evidence shows: a talk, else a voicemail, else why there was neither.

    `over` is what `ended` says of it.
    """
    if evidence.talked:
        return CallStatus.COMPLETED if over else CallStatus.IN_PROGRESS
    if evidence.has(Kind.REFUSED):
        return CallStatus.FAILED
    if answered := [leg for leg in evidence.legs if leg.answered]:
        # A machine answered, or the customer was on hold all the time.
        is_held = any(leg.talked for leg in answered)
        finished = CallStatus.COMPLETED if is_held else CallStatus.VOICEMAIL
        return finished if over else CallStatus.IN_PROGRESS
    if has_message(evidence):
        return CallStatus.VOICEMAIL
    if not over:
        return CallStatus.RINGING
    return CallStatus.MISSED if evidence.direction is Direction.INBOUND else _why_not(evidence)


def _why_not(evidence: Evidence) -> CallStatus:
    """Why an outbound call was not answered: by its legs, else by its parent unless that is "completed"."""
    statuses = [leg.status for leg in evidence.legs if leg.status in UNANSWERED]
    if not statuses and evidence.parent and evidence.parent.status in UNANSWERED:
        statuses = [evidence.parent.status]
    if not statuses:
        # MISSED: answered but never connected. CANCELED: the agent hung up while it rang.
        return CallStatus.MISSED if any(not leg.bridged for leg in evidence.legs) else CallStatus.CANCELED
    return UNANSWERED[max(statuses, key=lambda s: PROGRESS[s])]


def has_message(evidence: Evidence) -> bool:
    """Whether the caller left a message longer than 0 seconds."""
    recorded = [c for c in evidence.of_kind(Kind.RECORDING) if c.get("RecordingSource") == "RecordVerb"]
    messages = (*recorded, *evidence.of_kind(Kind.VOICEMAIL))
    return any(seconds(c.get("RecordingDuration")) for c in messages)
