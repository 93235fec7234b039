"""Acts on a call of more than two ends, as their callbacks store them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.calls.callback import Callback, Kind


class Act(StrEnum):
    """What an agent did; `MOVE` is the bridge's own part of the first one."""

    MOVE = "move"
    """The call moves into its conference: `Customer` is the customer's leg, `Child` the dialled one."""
    MOVE_FAILED = "move-failed"
    HOLD = "hold"
    RESUME = "resume"
    ASK = "ask"
    """A colleague or a number (`To`) is asked to take the call over."""
    COMPLETE = "complete"
    CANCEL = "cancel"
    SWAP = "swap"
    SWAPPING = "swapping"
    """A swap begins, which will hold `WillHold`: cut short and sent again, it does not swap back."""
    ADD = "add"
    REMOVE = "remove"
    LISTEN = "listen"


BY_NAME: Mapping[str | None, Act] = {act.value: act for act in Act}
"""Without those of a newer version."""

ACT = "Act"
TO = "To"
CHILD = "Child"
CUSTOMER = "Customer"
PARTICIPANT = "Participant"
"""The SID of the leg that the act is about."""
PASSED_BY = "PassedBy"
"""The SID of the leg on which an agent was who passed the customer on blindly: it ends with that."""
WILL_HOLD = "WillHold"
HELD = "Held"
RESUMED = "Resumed"
"""The SIDs of the legs that an act put on hold, and took off hold."""

FAILED = "Failed"
"""On a cancel that no agent asked for: the id of the act that could not call its party."""
AGAIN = "Again"
"""How often an act failed before, on one that is done again under its id."""

CALLING = frozenset({Act.ASK, Act.ADD, Act.LISTEN})
"""Acts that call another party."""


LETTING_GO = frozenset({Act.CANCEL, Act.REMOVE})
"""Acts that have hung up on a leg (`Participant`)."""


MOVES_WITHIN = timedelta(seconds=30)
"""A leg that is moved leaves its Dial at once; a Dial that ends later has ended by itself."""


MOVING = frozenset({Kind.TRANSFER, Kind.ACT})
"""What moves a leg."""


def move_of(callback: Callback) -> str:
    """Where the bridge moves a leg of a call, whose Dial then ends.

    The dialled one into a `conference`, or it is passed on (`left`), or it `stays`; or the first one, which
    then dials anew (`dial`).
    """
    if callback.kind is Kind.TRANSFER:
        return "left" if callback.get(CUSTOMER) else "dial"
    return MOVE_OF.get(act_of(callback), "")


MOVE_OF: Mapping[Act | None, str] = {Act.MOVE: "conference", Act.MOVE_FAILED: "stays"}


def moved(moves: Iterable[tuple[datetime, str]], now: datetime) -> str:
    """Where a leg was moved, whose Dial's action comes now (`move_of`); empty where none was."""
    at, where = max(moves, default=(now, ""))
    return where if now - at < MOVES_WITHIN else ""


def passes_on(passed: Iterable[tuple[datetime, str]], leg_sid: str, now: datetime) -> bool:
    """Whether a Dial, whose action comes now, ended as the agent on its leg passed the customer on.

    `passed` are the times and legs (`PASSED_BY`) of blind transfers.
    """
    return any(sid == leg_sid and now - at < MOVES_WITHIN for at, sid in passed)


def act_named(joined_as: str | None) -> Act | None:
    """The act that called a leg, by the leg's `JoinedAs`."""
    return BY_NAME.get((joined_as or "").partition("-")[0])


def act_of(callback: Callback) -> Act | None:
    """What a callback stores; None for other kinds, and for acts of a newer version."""
    return BY_NAME.get(callback.get(ACT)) if callback.kind is Kind.ACT else None


def let_go_of(callbacks: Iterable[Callback]) -> dict[str, datetime]:
    """Leg SID → when an agent had hung up on it; Twilio's report of that is possibly lost."""
    acts = ((c.get(PARTICIPANT), c.received_at) for c in callbacks if act_of(c) in LETTING_GO)
    return {sid: at for sid, at in acts if sid}
