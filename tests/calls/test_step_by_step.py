"""Each callback of some calls, and what the bridge makes of the call by then: `step_by_step.txt`.

Look at it when the fold, the ends of a call or an agent's part in it change: what it shows is a decision.
`python -m tests.calls.test_step_by_step` writes it anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import pytest
from msgspec.structs import asdict

from bridge.calls.activity import title
from bridge.calls.agent_call import AgentCall, FoldedCall, call_for
from bridge.calls.agents import Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.control import line_of, transferred_leg
from bridge.calls.ends import (
    End,
    Ends,
    changes,
    check_moves,
    ends_of,
    holder_of,
    is_asking,
    is_passed_on,
    own_end,
)
from bridge.calls.fold.call import Call
from bridge.calls.fold.conference import Conferences, Participant, Points
from bridge.calls.fold.handling import handling
from bridge.calls.fold.intervals import Intervals
from bridge.calls.fold.legs import Leg
from bridge.calls.fold.outcome import ended_from
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.story import Story, Talk
from bridge.calls.live_calls import LiveCalls
from bridge.calls.people.matching import NO_PERSON
from bridge.calls.texts import ENGLISH
from bridge.errors import BridgeError
from tests.calls import test_story, test_story_rules
from tests.calls.conftest import COMPANY, CUSTOMER, MORNING, ROOT, callback, leg, reconciled, stamp
from tests.calls.plays import ANNA, BOB, CAROL, DAVE, Play, sid_of

TABLE = Path(__file__).with_name("step_by_step.txt")
AGENTS = tuple(map(Identity, (ANNA, BOB, CAROL, DAVE)))
SUPERVISOR = Identity(DAVE)
"""Not in most of the calls."""
BEFORE = MORNING.replace(hour=9)
NAMES = {str(name): name.title() for name in AGENTS}
UNSHOWN = frozenset(
    {"CallSid", "ParentCallSid", "Timestamp", "ConferenceSid", "FriendlyName", "SequenceNumber", "Direction"}
)
Facts = dict[str, str]


def steps(told: Iterable[Callback], sids: Mapping[str, str]) -> Iterator[str]:
    """The callbacks of a call, below each what it changes."""
    show, board, heard = _Shown(sids), LiveCalls(), list[Callback]()
    before: Facts = {}
    for one in told:
        board.add(one)
        heard.append(one)
        now = dict(show.facts(heard, board))
        yield f"{show.at(one.received_at)} {show.callback(one)}"
        yield from (
            f"    {fact}: {now.get(fact) or '-'}"
            for fact in now | before
            if (now.get(fact) or "") != (before.get(fact) or "")
        )
        before = now


class _Shown:
    """Shows values shortly: times in seconds from ten o'clock, SIDs by name."""

    def __init__(self, sids: Mapping[str, str]) -> None:
        self._names = {sid: name for name, sid in sids.items()}

    def sid(self, sid: str | None) -> str:
        """The party whose leg it is."""
        return self._names.get(sid, sid[-2:] if sid.startswith("CA") else sid) if sid else "-"

    def at(self, moment: datetime | None) -> str:
        if moment is None:
            return "-"
        if moment.year in (1, 9999):
            return "ever"
        return f"{(moment - MORNING).total_seconds():g}"

    def callback(self, one: Callback) -> str:
        """Its kind, its leg, and what it says."""
        told = [
            f"{name}={self.sid(value)}"
            for name, value in one.parameters.items()
            if name not in UNSHOWN and value != "false"
        ]
        return " ".join([one.kind, self.sid(one.call_sid), *told])

    def facts(self, heard: list[Callback], board: LiveCalls) -> Iterator[tuple[str, str]]:
        folded = FoldedCall.of(heard)
        evidence, call = folded.evidence, folded.call
        yield from self._call(call)
        yield "over since", self.at(ended_from(evidence))
        yield "handling", handling(call, NAMES, texts=ENGLISH) or ""
        yield "title", title(call, NO_PERSON, names=NAMES, texts=ENGLISH, region="FR")
        yield from (
            ("leg " + self.sid(leg.sid), self._leg(leg)) for leg in (evidence.parent, *call.legs) if leg
        )
        if call.story:
            yield from self._story(call.story)
        yield from self._ends(evidence)
        for agent in AGENTS:
            had = call_for([agent], folded)
            if had.is_own or (agent == SUPERVISOR and len(call.legs) < 3):
                yield agent, self._agent(had, agent, evidence)
            yield f"{agent} live", self._live(agent, board)
        yield "live", self._live_call(heard, board)

    def _call(self, call: Call) -> Iterator[tuple[str, str]]:
        for name, value in asdict(call).items():
            if name in ("sid", "legs", "story", "from_", "to"):
                continue
            if isinstance(value, datetime):
                yield name, self.at(value)
            elif isinstance(value, tuple | frozenset):
                yield name, " ".join(map(str, sorted(value) if isinstance(value, frozenset) else value))
            elif value not in (None, False, ""):
                yield name, str(value)
        yield "from, to", f"{call.from_} {call.to}"

    def _leg(self, leg: Leg) -> str:
        known = [leg.status, f"{leg.from_} > {leg.to}"]
        known += [self.at(at) for at in (leg.rung_at, leg.answered_at, leg.ended_at)]
        known += [f"{leg.duration} s", leg.answered_by or "", leg.joined_as or ""]
        known += [name for name in ("bridged", "joined", "answered", "talked", "final") if getattr(leg, name)]
        return " ".join(part for part in known if part)

    def _story(self, story: Story) -> Iterator[tuple[str, str]]:
        for kind, talks in (("talks", story.talks), ("listens", story.listened)):
            yield from ((f"{kind} {self.sid(talk.sid)}", self._talk(talk)) for talk in talks)
        holds = (f"{self._intervals((hold.interval,))} by {hold.by}" for hold in story.holds)
        yield "holds", ", ".join(holds)
        flags = [name for name in ("left_alone", "rebuilt") if getattr(story, name)]
        yield "story", " ".join([f"ended by {story.ended_by}", *flags])
        yield from self._conferences(story.conferences)

    def _talk(self, talk: Talk) -> str:
        passed = " passed on" if talk.passed_on else ""
        return f"{talk.address} {self._intervals(talk.intervals)} until {self.at(talk.until)}{passed}"

    def _intervals(self, intervals: Intervals) -> str:
        return " ".join(f"{self.at(one.since)}-{self.at(one.until)}" for one in intervals)

    def _conferences(self, found: Conferences) -> Iterator[tuple[str, str]]:
        yield from (
            ("in room " + self.sid(sid), self._participant(one)) for sid, one in found.participants.items()
        )
        ends = [self.at(found.ended_at), self.sid(found.ended_by), self.at(found.passed_on_at)]
        yield "room", " ".join([*ends, *sorted(map(self.sid, found.hung_up))])

    def _participant(self, one: Participant) -> str:
        points = " | ".join(map(self._points, (one.inside, one.held, one.silent)))
        return f"{points} | {self.at(one.let_go_at)}"

    def _points(self, points: Points) -> str:
        return " ".join(f"{'+' if is_on else '-'}{self.at(at)}" for at, is_on in points)

    def _ends(self, evidence: Evidence) -> Iterator[tuple[str, str]]:
        ends = ends_of(evidence)
        every = [*([ends.customer] if ends.customer else []), *ends.others]
        yield from (("end " + self.sid(end.sid), self._end(end)) for end in every)
        yield "ends", self._named(ends)
        yield "customer", self.sid(ends.customer.sid if ends.customer else None)
        yield "needed", " ".join(f"{self.sid(one.sid)}:{one.what}" for one in changes(evidence))
        yield (
            "asked",
            f"{ends.asked_by} {is_asking(evidence)}" if ends.asked_by or is_asking(evidence) else "",
        )
        yield "passed on", "yes" if is_passed_on(evidence) else ""
        yield "held by", holder_of(evidence, evidence.customer.sid if evidence.customer else "") or ""
        yield (
            "moves",
            _or_code(
                lambda: " ".join(self.sid(end.sid) for end in check_moves(evidence, ends, is_emergency=False))
            ),
        )

    def _named(self, ends: Ends) -> str:
        asked = (ends.asked,) if ends.asked else ()
        groups = (ends.present, ends.ringing, asked)
        room = f"{ends.conference_sid[:3]} " if ends.conference_sid else ""
        return (
            room
            + ("in it, " if ends.is_conference else "")
            + " | ".join(" ".join(self.sid(end.sid) for end in group) for group in groups)
        )

    def _end(self, end: End) -> str:
        flags = ("inside", "held", "silent", "answered", "reported")
        on = [name for name in flags if getattr(end, name)]
        return " ".join([end.address, str(end.joined_as), str(end.ends_conference), *on])

    def _agent(self, had: AgentCall, agent: Identity, evidence: Evidence) -> str:
        can = [name for name, allowed in asdict(had.can).items() if allowed]
        known = [had.part.state, "over" if had.part.ended else "", "own" if had.is_own else ""]
        known += [f"line={had.line}", f"taken={had.taken_by}" if had.taken_by else ""]
        known += [f"colleague={had.colleague}" if had.colleague else "", f"can={','.join(can)}"]
        known += [
            f"missed={self.at(had.missed_at)}" if had.is_missed else "",
            "message" if had.is_message else "",
        ]
        known += [f"hears={len(had.recordings)}" if had.recordings else "", "reads" if had.transcript else ""]
        known += [f"recording={had.recording}" if had.recording else "", "sees ends" if had.ends else ""]
        known += ["on=" + _or_code(lambda: self.sid(line_of(agent, evidence).sid))]
        known += ["end=" + _or_code(lambda: self.sid(own_end(agent, evidence, ends_of(evidence)).sid))]
        known += ["sends=" + _or_code(lambda: self.sid(transferred_leg(evidence, by=agent).sid))]
        return " ".join(part for part in known if part)

    def _live(self, agent: Identity, board: LiveCalls) -> str:
        soon = max((leg.heard_at for leg in board._legs.values()), default=MORNING)
        on = self.sid(board.call_of(agent, soon))
        placed = f"placed {board.placed_by(agent, BEFORE)}"
        refused = f"refused {board.refused_to(agent, BEFORE)}"
        known = f"on {on}, talked until {self.at(board.talked_until(agent))}, {placed}, {refused}"
        return "" if known == "on -, talked until -, placed 0, refused 0" else known

    def _live_call(self, heard: list[Callback], board: LiveCalls) -> str:
        now, root = heard[-1].received_at, heard[0].root_sid
        known = {
            "move": board.move(root, now),
            "passes on": " ".join(self.sid(sid) for sid in self._names if board.passes_on(root, sid, now)),
            "declined": " ".join(agent for agent in AGENTS if board.declined(root, agent)),
            "rooms": " ".join(map(self.sid, board.conferences(now))),
            "roots": " ".join({self.sid(board.root_of(one.call_sid)) for one in heard}),
            "placed": board.placed(BEFORE),
            "forwarded": board.forwarded(BEFORE),
            "refused": board.refused(BEFORE) and board.why_refused(root),
            "attempt": self.sid(board.placed_as(ANNA, "1")).strip("-"),
        }
        return ", ".join(f"{name}: {value}" for name, value in known.items() if value)


def _or_code(found: Callable[[], str]) -> str:
    try:
        return found()
    except BridgeError as refused:
        return f"{refused.code}"


def passed_on_blindly(play: Play) -> None:
    play.wait(30)
    play.pass_on(answers=True)
    play.wait(40)
    play.end("customer")


def passed_on_blindly_out_of_a_conference_in_vain(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.wait(10)
    play.pass_on(answers=False)


def joined_by_two(play: Play) -> None:
    """Carol talks, Dave listens, and Anna leaves them."""
    play.wait(30)
    play.call(CAROL, "add")
    play.event("participant-modify", CAROL, EndConferenceOnExit="false")
    play.call(DAVE, "listen")
    play.wait(10)
    play.leave(ANNA)
    play.wait(20)
    play.end(CAROL)


def left_on_hold_after_asking_in_vain(play: Play) -> None:
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask", answers=False)
    play.wait(10)
    play.end(ANNA)


def removed_of_which_nothing_is_reported(play: Play) -> None:
    play.wait(30)
    play.call(CAROL, "add")
    play.wait(20)
    play.act("remove", Participant=play.sids[CAROL])
    play.wait(20)
    play.event("participant-modify", ANNA, EndConferenceOnExit="true")
    play.end("customer")


def asked_twice(play: Play) -> None:
    """Bob is called too late and hung up on; Carol takes the call over and listens to none."""
    play.wait(30)
    play.hold_customer()
    play.call(BOB, "ask")
    play.act("cancel", Resumed=play.sids["customer"], Failed=f"ask-{play.at - 5}")
    play.leave(BOB, "participant_updated_via_api")
    play.wait(3)
    play.hold_customer()
    play.call(CAROL, "ask")
    play.act("complete", Participant=play.sids[CAROL], Resumed=play.sids["customer"])
    play.leave(ANNA, "participant_updated_via_api")
    play.wait(20)
    play.end(CAROL)


def of(n: int) -> dict[str, str]:
    return {"CallSid": sid_of(n), "ParentCallSid": ROOT, "From": CUSTOMER}


def asked_by(agent: str, party: str, act: str) -> dict[str, str]:
    return {"From": f"client:{agent}", "To": f"client:{party}", "OfCall": ROOT, "JoinedAs": f"{act}-1"}


def called(party: str, n: int, status: str, *, at: float, **more: str) -> Callback:
    return leg(n, status, at=at, To=f"client:{party}", **more)


IN = {"From": CUSTOMER, "To": COMPANY}
OUT = {"From": f"client:{ANNA}", "To": CUSTOMER}
MESSAGE = {"RecordingSid": "RE1", "RecordingUrl": "https://api/RE1", "RecordingDuration": "20"}
TO_CUSTOMER = {"From": COMPANY, "To": CUSTOMER}
LEGS = {"root": ROOT, **{f"leg {n}": sid_of(n) for n in range(1, 5)}}
PROGRAM = {"From": COMPANY, "To": CUSTOMER, "Direction": "outbound-api"}


def dial(status: str, following: str, n: int | None, /, *, at: float, **more: str) -> Callback:
    named = {"DialCallSid": sid_of(n)} if n else {}
    return callback(Kind.DIAL, {"DialCallStatus": status, "Next": following, **named}, at=at, **more)


def over(ends: Mapping[str, str], status: str, *, at: float, **more: str) -> Callback:
    return callback(Kind.STATUS, ends, at=at, CallStatus=status, Timestamp=stamp(at), **more)


def in_order_of_arrival(told: Iterable[Callback]) -> list[Callback]:
    return sorted(told, key=lambda one: one.received_at)


CALLS: dict[str, list[Callback]] = {
    "in: Anna declines, Bob has two phones and takes it, Carol does not; with a recording": [
        callback(Kind.VOICE, IN, CallStatus="ringing", CallerName="JANE DOE"),
        *(called(who, n, "ringing", at=2) for n, who in enumerate((ANNA, BOB, BOB, CAROL), 1)),
        callback(Kind.DECLINED, Agent=ANNA, at=4),
        called(ANNA, 1, "busy", at=5),
        called(BOB, 3, "in-progress", at=9),
        called(BOB, 2, "canceled", at=10),
        called(CAROL, 4, "no-answer", at=10),
        callback(Kind.RECORDING, at=20, RecordingSid="RE1", RecordingStatus="paused", Turn="2"),
        callback(Kind.RECORDING, at=21, RecordingSid="RE1", RecordingStatus="in-progress", Turn="10"),
        dial("completed", "end", 3, at=69, DialCallDuration="60", DialBridged="true"),
        called(BOB, 3, "completed", at=69, CallDuration="60"),
        callback(Kind.RECORDING, MESSAGE, at=75),
        over(IN, "completed", at=70),
    ],
    "in: rings none, then a number, then voicemail": [
        callback(Kind.VOICE, IN, CallStatus="ringing", Next="dial", Forwarded="+33639980002"),
        leg(
            1,
            "ringing",
            {"From": COMPANY, "To": "+33639980002", "CallDirection": "inbound", "Shows": "line"},
            at=1,
        ),
        leg(
            1,
            "busy",
            {"From": COMPANY, "To": "+33639980002", "CallDirection": "inbound", "Shows": "line"},
            at=9,
        ),
        dial("busy", "dial", 1, at=9, Step="0"),
        called(ANNA, 2, "ringing", at=10),
        called(ANNA, 2, "no-answer", at=30),
        dial("no-answer", "voicemail", 2, at=30, Step="1"),
        callback(Kind.VOICEMAIL, {**IN, **MESSAGE}, at=55, CallStatus="in-progress", Next="end"),
        callback(Kind.TRANSCRIPTION, TranscriptionText=" Call me. ", RecordingSid="RE1", at=60),
        over(IN, "completed", at=56),
    ],
    "out: busy, and refused before": [
        callback(Kind.REFUSED, OUT, at=1, Reason="agent_limit", CallStatus="ringing"),
        leg(1, "ringing", TO_CUSTOMER, at=2, PlacedBy=ANNA),
        leg(1, "busy", TO_CUSTOMER, at=5, PlacedBy=ANNA),
        dial("busy", "", 1, at=5),
    ],
    "out: Twilio dials no one": [
        callback(Kind.VOICE, OUT, CallStatus="ringing", Attempt="1"),
        dial("failed", "", None, at=1, From=f"client:{ANNA}"),
    ],
    "out: a machine, with the digits of an extension": [
        callback(Kind.VOICE, {"From": f"client:{ANNA}", "To": f"{CUSTOMER} x12"}, CallStatus="ringing"),
        leg(1, "ringing", TO_CUSTOMER, at=2),
        leg(1, "in-progress", TO_CUSTOMER, at=5, AnsweredBy="machine_start"),
        leg(1, "completed", TO_CUSTOMER, at=25, CallDuration="20", AnsweredBy="machine_start"),
    ],
    "out: hung up while it rang, of which the legs say nothing": [
        callback(Kind.VOICE, OUT, CallStatus="ringing"),
        leg(1, "ringing", TO_CUSTOMER, at=2),
        dial("completed", "", 1, at=9, DialBridged="false"),
        over(OUT, "completed", at=10, CallDuration="10"),
    ],
    "between colleagues": [
        callback(Kind.VOICE, {"From": f"client:{ANNA}", "To": f"client:{BOB}"}, CallStatus="ringing"),
        called(BOB, 1, "ringing", at=1, From=f"client:{ANNA}"),
        called(BOB, 1, "in-progress", at=5, From=f"client:{ANNA}"),
        called(BOB, 1, "completed", at=35, From=f"client:{ANNA}", CallDuration="30"),
        dial("completed", "", 1, at=35),
    ],
    "placed by another program: two numbers and an agent": [
        callback(Kind.STATUS, PROGRAM, CallStatus="ringing", Timestamp=stamp(1), at=1),
        over(PROGRAM, "in-progress", at=4),
        leg(1, "busy", {"From": COMPANY, "To": "+33639980001"}, at=6),
        called(ANNA, 2, "in-progress", at=8, From=COMPANY),
        called(ANNA, 2, "completed", at=48, From=COMPANY, CallDuration="40"),
        over(PROGRAM, "completed", at=50, CallDuration="46"),
    ],
    "only Twilio's log is left: in, Anna asked Bob and left": [
        reconciled(
            {**IN, "Direction": "inbound", "CallStatus": "completed", "CallDuration": "100"}, until=100
        ),
        reconciled(
            {**of(1), "To": f"client:{ANNA}", "CallStatus": "completed", "CallDuration": "50"}, at=5, until=60
        ),
        reconciled(
            {**of(2), **asked_by(ANNA, BOB, "ask"), "CallStatus": "completed", "CallDuration": "60"},
            at=35,
            until=100,
        ),
        reconciled(
            {**of(3), **asked_by(ANNA, CAROL, "listen"), "CallStatus": "completed", "CallDuration": "9"},
            at=40,
            until=50,
        ),
        callback(
            Kind.CONFERENCE,
            {"ConferenceSid": "CF1", "StatusCallbackEvent": "conference-end", "Timestamp": stamp(100)},
            at=3600,
            CallSidEndingConference=ROOT,
        ),
    ],
}

PLAYS: list[tuple[str, bool, Callable[[Play], None]]] = [
    ("held", True, test_story.held),
    ("passed on", False, test_story.passed_on),
    ("swapped", True, test_story.swapped),
    ("joined by two", False, joined_by_two),
    ("left on hold, and asked in vain", False, left_on_hold_after_asking_in_vain),
    ("passed on and back", True, test_story_rules.passed_on_and_back),
    ("passed on blindly", True, passed_on_blindly),
    ("passed on blindly", False, passed_on_blindly),
    ("passed on blindly in vain", True, passed_on_blindly_out_of_a_conference_in_vain),
    ("passed on blindly in vain", False, passed_on_blindly_out_of_a_conference_in_vain),
    ("removed", True, removed_of_which_nothing_is_reported),
    ("asked twice", False, asked_twice),
]


def calls() -> Iterator[tuple[str, Callable[[], tuple[list[Callback], Mapping[str, str]]]]]:
    """Each call by name: its callbacks, and the parties of its legs."""

    def acted(inbound: bool, script: Callable[[Play], None]) -> tuple[list[Callback], Mapping[str, str]]:
        script(play := Play(inbound))
        return play.told, play.sids

    for name, told in CALLS.items():
        yield name, lambda told=told: (in_order_of_arrival(told), LEGS)  # type: ignore[misc]
    for name, inbound, script in PLAYS:
        yield f"{'in' if inbound else 'out'}: {name}", partial(acted, inbound, script)


@cache
def known() -> dict[str, list[str]]:
    """What the table shows of each call."""
    parts = TABLE.read_text().split("== ")[1:]
    return {part.partition("\n")[0]: part.splitlines()[1:] for part in parts}


@pytest.mark.parametrize(("name", "made"), list(calls()), ids=[name for name, _ in calls()])
def test_what_each_callback_changes(
    name: str, made: Callable[[], tuple[list[Callback], Mapping[str, str]]]
) -> None:
    assert list(steps(*made())) == known()[name]


def test_the_table_has_these_calls() -> None:
    assert list(known()) == [name for name, _ in calls()]


if __name__ == "__main__":
    TABLE.write_text(
        "".join("".join(f"{line}\n" for line in (f"== {name}", *steps(*made()))) for name, made in calls())
    )
