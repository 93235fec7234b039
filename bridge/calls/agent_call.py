"""A call as one agent had it: what their phone lists, and what they may do with it now."""

from collections.abc import Collection, Iterable
from datetime import datetime
from operator import attrgetter
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls import control
from bridge.calls.agents import Identity, client_identity, identity_of
from bridge.calls.callback import PLACED_BY, Callback, Kind
from bridge.calls.dispositions import Disposition, note_of, notes
from bridge.calls.ends import Ends, ends_of
from bridge.calls.fold.call import Call, Recording, call_of
from bridge.calls.fold.outcome import ended, ended_from
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.states import CallStatus, Direction
from bridge.calls.part import CallPart, PartState, part_of

LONGEST = 128


class Can(Struct, frozen=True, kw_only=True):
    """What an agent can do with a call."""

    record: bool = False
    transfer: bool = False
    hangup: bool = False
    note: bool = False
    hold: bool = False
    """Whether the other party can be held, and others can be called into the call."""


class AgentCall(Struct, frozen=True, kw_only=True):
    """`line` is our number, `colleague` the other party where that is an agent.

    `taken_by` is who talked, where that was another agent. `recordings` and `transcript` are those that
    the agent may hear and read: of their own talk, or of a message. `is_own`: the agent called, or was rung;
    `rang_none`: it rang no agent.
    """

    call: Call
    part: CallPart
    is_own: bool
    rang_none: bool
    line: str | None
    colleague: Identity | None
    taken_by: Identity | None
    note: Disposition | None
    recordings: tuple[Recording, ...]
    transcript: str | None
    can: Can
    missed_at: datetime | None = None
    """When the bridge heard that the caller had reached no agent, where this one could have answered."""
    ends: Ends | None = None
    """Who is in the call, while this agent is in it and it has more than two ends."""
    recording: str | None = None
    """What agents last made of the recording, while this one talks: in-progress, paused or stopped."""

    @property
    def is_message(self) -> bool:
        """Whether the caller left a message, for the agents whom the call rang."""
        return self.call.status is CallStatus.VOICEMAIL and self.call.direction is Direction.INBOUND

    @property
    def is_missed(self) -> bool:
        """Whether the caller reached no agent, and this one could have answered."""
        return self.missed_at is not None

    @property
    def other_number(self) -> str | None:
        """The other party's number, as Twilio gave it."""
        return None if self.colleague else self.call.other_party


class FoldedCall(Struct, frozen=True):
    """A call, folded once for all agents who are in it."""

    evidence: Evidence
    call: Call
    rang_none: bool
    """Whether it rang no agent."""

    @classmethod
    def of(cls, callbacks: Iterable[Callback]) -> Self:
        """The call of these callbacks."""
        evidence = Evidence.of(callbacks)
        rang_none = not any(client_identity(leg.to) for leg in evidence.legs)
        return cls(evidence, call_of(evidence), rang_none)


def agent_call(own: Collection[Identity], callbacks: Iterable[Callback], *, sid: str = "") -> AgentCall:
    """The call of these callbacks for the agent whose identities are `own`, by the phone of the leg `sid`.

    Where no phone of theirs was in it, it is as the agent had it who called or picked up, for supervisors.
    """
    return call_for(own, FoldedCall.of(callbacks), sid=sid)


def call_for(own: Collection[Identity], folded: FoldedCall, *, sid: str = "") -> AgentCall:
    """The same, of a call that is folded already."""
    evidence, call = folded.evidence, folded.call
    identity = in_it(own, evidence)
    part = _part(identity, sid, evidence, call)
    other = [agent for agent in call.agents if agent not in own]
    talked = part.state in (PartState.TALKING, PartState.TALKED)
    hears = talked or call.status is CallStatus.VOICEMAIL
    return AgentCall(
        call=call,
        part=part,
        is_own=identity is not None,
        rang_none=folded.rang_none,
        line=our_number(evidence),
        colleague=client_identity(call.other_party),
        taken_by=other[0] if part.state is PartState.ANSWERED_ELSEWHERE and other else None,
        note=note_of(own, evidence.callbacks),
        recordings=call.recordings if hears else (),
        transcript=call.transcript if hears else None,
        can=_can(identity, evidence),
        missed_at=_missed_at(own, part, evidence),
        ends=_ends(identity, evidence),
        recording=_recording(evidence) if part.state is PartState.TALKING else None,
    )


def _missed_at(own: Collection[Identity], part: CallPart, evidence: Evidence) -> datetime | None:
    """When the bridge heard both that the call had ended, and that it was this agent's."""
    if not ended(evidence) or part.state not in (PartState.MISSED, PartState.WAITING):
        return None
    theirs = (one.received_at for one in evidence.callbacks if not set(own).isdisjoint(agents_named(one)))
    times = (ended_from(evidence), min(theirs, default=None))
    return max((at for at in times if at), default=None)


def of_another(call: AgentCall, own: Collection[Identity], folded: FoldedCall) -> Identity | None:
    """The other agent whose call it rather is: the one who talked, else one whom it rang."""
    if call.call.agent:
        return None if call.call.agent in own else call.call.agent
    rung = (client_identity(leg.to) for leg in folded.evidence.legs)
    return None if call.is_own else next((agent for agent in rung if agent), None)


def as_colleague_had_it(
    own: Collection[Identity], theirs: Collection[Identity], folded: FoldedCall
) -> AgentCall:
    """The call as a colleague had it, for the agent `own`: to read, with the note of either."""
    call = call_for(theirs, folded)
    callbacks = folded.evidence.callbacks
    note = note_of(own, callbacks) or call.note or max(notes(callbacks), key=attrgetter("at"), default=None)
    taken_by = call.call.agent if call.call.agent in theirs else None
    return replace(call, taken_by=taken_by, note=note, recordings=(), transcript=None, can=Can())


def _ends(identity: Identity | None, evidence: Evidence) -> Ends | None:
    is_in = evidence.story is not None and identity is not None and control.is_on_line(identity, evidence)
    return ends_of(evidence) if is_in else None


def _recording(evidence: Evidence) -> str | None:
    change = control.recording_change(evidence.callbacks)
    return change.get("RecordingStatus") if change else None


def in_it(own: Collection[Identity], evidence: Evidence) -> Identity | None:
    """Under which of their identities an agent is, or was, in a call: on the line rather than rung."""
    held = [identity for identity in own if control.legs_of(identity, evidence)]
    on_line = (identity for identity in held if control.is_on_line(identity, evidence))
    return next(on_line, held[0] if held else None)


def our_number(evidence: Evidence) -> str | None:
    """The number of ours that was called, or shown."""
    return evidence.to if evidence.direction is Direction.INBOUND else evidence.from_


def _part(identity: Identity | None, sid: str, evidence: Evidence, call: Call) -> CallPart:
    shown = identity or call.agent
    if shown and control.legs_of(shown, evidence):
        return part_of(shown, sid, evidence)
    return CallPart(PartState.WAITING, call.ended)


def _can(identity: Identity | None, evidence: Evidence) -> Can:
    if identity is None:
        return Can()
    on_line = control.is_on_line(identity, evidence)
    is_called = control.is_called_by_colleague(identity, evidence)
    leads = on_line and not is_guest(identity, evidence)
    moves = leads and not (evidence.originated or _is_short(evidence) or is_called)
    return Can(
        record=leads,
        transfer=moves,
        hangup=on_line,
        note=True,
        hold=moves and bool(evidence.talked),
    )


def is_guest(identity: Identity, evidence: Evidence) -> bool:
    """Whether an agent is on the line and only listens, or is asked to take the call over."""
    if evidence.story is None or not control.is_on_line(identity, evidence):
        return False
    ends = ends_of(evidence)
    own = ends.of(control.line_of(identity, evidence).sid)
    return own is not None and (own.silent or own == ends.asked)


def _is_short(evidence: Evidence) -> bool:
    """Whether an agent dialled a short number: of these only emergency numbers are dialled."""
    return any(leg.to and leg.to.isdecimal() for leg in evidence.legs)


LINE = "line "
"""Begins the name under which a call in is the line's: that of each agent whom the line rings."""


def agents_named(callback: Callback) -> tuple[str, ...]:
    """The identities of the agents whose call this is by what it says, and the line of a call in."""
    calling = client_identity(callback.get("From"))
    # Foreign text can have characters that no database stores.
    ours = [identity_of(name) for key in ("Agent", PLACED_BY) if (name := callback.get(key))]
    agents: list[str] = [agent for agent in (calling, client_identity(callback.get("To")), *ours) if agent]
    called = callback.get("To") or ""
    if callback.kind is Kind.VOICE and not calling and called and called.isascii() and called.isprintable():
        agents.append(line_name(called))
    return tuple(dict.fromkeys([agent for agent in agents if len(agent) <= LONGEST])) if agents else ()


def line_name(number: str) -> str:
    """The name under which calls to a number of ours are the line's."""
    return f"{LINE}{number}"
