"""Compares Twilio's call resources with the inbox: which calls are the bridge's, and what the inbox lacks."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from bridge.calls.agents import Agents, client_identity
from bridge.calls.callback import Callback
from bridge.calls.ends import ends_of
from bridge.calls.fold.call import call_of
from bridge.calls.fold.legs import FINAL
from bridge.calls.fold.parties import Evidence
from bridge.calls.numbers import e164, is_withheld, line_at, user_of
from bridge.twilio.rest.resources import CallResource


class Ours(Struct, frozen=True):
    """Tells the bridge's calls from others of the account.

    A call is the bridge's if it begins or ends at one of its numbers, or if one of its agents places it.
    """

    numbers: Collection[str]
    agents: Agents

    def has(self, root: CallResource) -> bool:
        """Whether a call is the bridge's; `root` is its first leg."""
        identity = client_identity(root.from_)
        lines = {line_at(number) for number in self.numbers}
        is_at_line = any(line_at(end) in lines for end in (root.to, root.from_) if end)
        return is_at_line or bool(identity and self.agents.is_ours(identity))


def by_root(legs: Iterable[CallResource]) -> dict[str, list[CallResource]]:
    """Call SID → its legs; the leg of a party who was passed on dials legs of its own."""
    listed = list(legs)
    parents = {leg.sid: leg.parent_call_sid for leg in listed}
    found: dict[str, list[CallResource]] = {}
    for leg in listed:
        root = leg.parent_call_sid or leg.sid
        for _ in range(MOST_PASSED_ON):
            root = parents.get(root) or root
        found.setdefault(root, []).append(leg)
    return found


MOST_PASSED_ON = 5
"""How often a called party is passed on."""


def numbers_of(legs: Sequence[CallResource]) -> set[str]:
    """The telephone numbers on either end of the legs; other addresses in lower case."""
    addresses = {address for leg in legs for address in (leg.from_, leg.to) if address}
    theirs = [a for a in addresses if not client_identity(a) and not is_withheld(a)]
    return {e164(user_of(a), "ZZ") or a.lower() for a in theirs} | {a.lower() for a in theirs}


def began(legs: Sequence[CallResource]) -> datetime | None:
    """When the first of its legs was dialled."""
    return min((moment for leg in legs if (moment := leg.start_time or leg.date_created)), default=None)


def last_moved(legs: Sequence[CallResource]) -> datetime | None:
    """The latest time that Twilio has of any leg."""
    moments = (leg.end_time or leg.start_time or leg.date_created for leg in legs)
    return max((moment for moment in moments if moment), default=None)


def outlives(leg: CallResource, root: CallResource) -> bool:
    """Whether a dialled leg went on when the call's first one had ended."""
    return root.end_time is not None and (leg.end_time is None or leg.end_time > root.end_time)


def is_over(legs: Sequence[CallResource]) -> bool:
    """Whether all legs have ended."""
    return all(leg.status in FINAL for leg in legs)


def lacking(stored: Sequence[Callback], asked: Sequence[Callback]) -> list[Callback]:
    """The callbacks of `asked` that `stored` lacks; none where they make no difference to the call."""
    if stored and _outcome(stored) == _outcome([*stored, *asked]):
        return []
    there = {callback.delivery for callback in stored}
    return [callback for callback in asked if callback.delivery not in there]


def _outcome(callbacks: Sequence[Callback]) -> tuple[object, ...]:
    """What Twenty would show wrongly. Times are left out: call resources are less exact than callbacks."""
    evidence = Evidence.of(callbacks)
    call = call_of(evidence)
    ends = ends_of(evidence).others if evidence.story and not call.ended else ()
    return (
        call.status,
        (call.ended, call.certain),
        call.talk_seconds,
        call.other_party,
        set(call.agents),
        {recording.sid for recording in call.recordings},
        {leg.sid for leg in call.legs if leg.joined},
        call.story and call.story.ended_by,
        {(end.sid, end.inside, end.held) for end in ends},
    )
