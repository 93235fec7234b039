"""An agent's call as JSON: one shape for lists, for one call, and for the stream of events."""

from collections.abc import Sequence

from msgspec import Struct

from bridge.calls.agent_call import AgentCall
from bridge.calls.agents import Identity
from bridge.calls.control import RECORDING
from bridge.calls.ends import End, Ends
from bridge.calls.fold.call import Recording
from bridge.calls.fold.states import Direction
from bridge.calls.numbers import e164, is_withheld, readable
from bridge.calls.part import PartState
from bridge.calls.people.matching import Match
from bridge.calls.recording_links import RECORDING_SID, RecordingLinks
from bridge.calls.routing.lines import Lines
from bridge.calls.texts import Texts, spoken_refusal
from bridge.json_text import utc
from bridge.twenty.people.members import Members
from bridge.twenty.values import person_page
from bridge.web.phone.notes import note_body

Body = dict[str, object]


class CallBodies(Struct, frozen=True, kw_only=True):
    """Makes the JSON of calls. `twenty_url` is where people's pages are.

    Numbers of `region` (ISO 3166) are shown in national form. `names_others`: whether agents are shown which
    colleague took a call.
    """

    members: Members
    lines: Lines
    links: RecordingLinks
    texts: Texts
    region: str
    twenty_url: str
    names_others: bool

    def body(self, call: AgentCall, match: Match | None, *, called_back: bool, seen: bool) -> Body:
        """The call's JSON; `match` is the person in Twenty to whom the call was written."""
        folded = call.call
        reason = folded.refused if call.part.state is PartState.REFUSED else None
        line = self.lines.of(call.line)
        rules = line.recording
        recorded = rules.inbound if folded.direction is Direction.INBOUND else rules.outbound
        return {
            "sid": folded.sid,
            "direction": folded.direction.lower(),
            "state": call.part.state,
            "ended": call.part.ended,
            "durationInSeconds": folded.talk_seconds if call.part.state is PartState.TALKED else None,
            "reason": reason,
            "why": spoken_refusal(self.texts, reason) if reason else None,
            "startedAt": utc(folded.started_at),
            "answeredAt": utc(folded.answered_at) if folded.answered_at else None,
            "endedAt": utc(folded.ended_at) if folded.ended_at else None,
            "missedAt": utc(call.missed_at) if call.missed_at else None,
            **self.other(call),
            "line": self.number(call.line),
            "person": self._person(match),
            "agent": self._agent(call.taken_by) if call.taken_by and self.names_others else None,
            "note": note_body(call.note),
            "voicemail": self._voicemail(call),
            "recordings": [] if call.is_message else self._recordings(call.recordings),
            "calledBack": called_back,
            "seen": seen,
            "can": {
                "record": call.can.record and rules.by_agents,
                "transfer": call.can.transfer,
                "hangup": call.can.hangup,
                "note": call.can.note,
                "hold": call.can.hold,
            },
            "conference": self._conference(call),
            "recorded": recorded,
            "recording": _recording(call, recorded=recorded),
        }

    def number_of(self, call: AgentCall) -> str | None:
        """The other party's number (E.164)."""
        return self.number(call.other_number)

    def number(self, address: str | None) -> str | None:
        """The number (E.164) that an address of Twilio's is, if it is one."""
        found = e164(address, self.region) if address and not is_withheld(address) else None
        return str(found) if found else None

    def other(self, call: AgentCall) -> Body:
        """The other party: a number, or a colleague by name."""
        number = self.number_of(call)
        colleague = call.colleague
        name = self._agent(colleague)["name"] if colleague else None
        shown = e164(number, self.region) if number else None
        return {
            "number": number,
            "readable": readable(shown) if shown else name,
            "colleague": colleague,
        }

    def _agent(self, identity: Identity) -> Body:
        return {"identity": identity, "name": self.members.names([identity]).get(identity, identity)}

    def _person(self, match: Match | None) -> Body | None:
        if match is None or match.person is None:
            return None
        person = match.person
        return {"id": person.id, "name": person.name, "url": person_page(self.twenty_url, person.id)}

    def _conference(self, call: AgentCall) -> Body | None:
        """Who is in a call of more than two ends, and since when its other party is on hold."""
        if call.ends is None or call.ends.customer is None:
            return None
        holds = call.call.story.holds if call.call.story else ()
        on_hold = call.ends.customer.held
        return {
            "onHold": on_hold,
            "since": utc(holds[-1].interval.since) if on_hold and holds else None,
            "participants": [self._participant(end, call.ends) for end in call.ends.others],
        }

    def _participant(self, end: End, ends: Ends) -> Body:
        identity = end.identity
        name = self._agent(identity)["name"] if identity else readable(end.address)
        return {
            "sid": end.sid,
            "identity": identity,
            "name": name,
            "state": _state(end),
            "asked": end == ends.asked,
            "joined": end.joined_as is not None,
        }

    def _voicemail(self, call: AgentCall) -> Body | None:
        if not call.is_message:
            return None
        return {"recordings": self._recordings(call.recordings), "transcript": call.transcript}

    def _recordings(self, recordings: Sequence[Recording]) -> list[Body]:
        valid = [one for one in recordings if RECORDING_SID.fullmatch(one.sid)]
        return [{"url": self.links.link(one.sid), "durationInSeconds": one.duration} for one in valid]


def _state(end: End) -> str:
    if not end.answered:
        return "ringing"
    if end.silent:
        return "listening"
    return "on_hold" if end.held else "talking"


def _recording(call: AgentCall, *, recorded: bool) -> str | None:
    """The state of the recording that goes on: in-progress or paused."""
    by_itself = "in-progress" if recorded and call.part.state is PartState.TALKING else None
    state = call.recording or by_itself
    return state if state in RECORDING else None
