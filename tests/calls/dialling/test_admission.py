"""Admission: limits, caller IDs, calls that Twilio asks about twice, and what is never stopped."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.agents import Agents, Identity, Member, Roster, member_identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.dialling.admission import Admission, Admitted, Outgoing
from bridge.calls.dialling.caller_ids import CallerIds
from bridge.calls.dialling.limits import Limits
from bridge.calls.dialling.rules import Dialling, Rules
from bridge.calls.live_calls import LiveCalls
from bridge.errors import NumberRefused
from tests.support import TEN, new_sid, told

COMPANY, SECOND, ALICES, CUSTOMER = "+33159130001", "+33159130002", "+33159130003", "+33612345678"
USER = Member("11111111-1111-4111-8111-111111111111", "jane.doe@example.com", "Jane")
AGENTS = Agents(caller_ids={"alice": (ALICES,), "bob": (), "jane.doe@example.com": (ALICES,)})
PLENTY = {"agent_minute": 99, "agent_hour": 99, "agent_at_once": 99, "minute": 99, "hour": 99}


def outgoing(target: str, caller_id: str) -> Outgoing:
    return Outgoing(Admitted(target), caller_id)


class Desk:
    """Agents who call out, and a live_calls that hears of it."""

    def __init__(self, *, emergency: bool = False, **limits: int) -> None:
        self.live_calls = LiveCalls()
        self.admission = Admission(
            dialling=Dialling(Rules(region="FR", countries=frozenset({"FR"}), emergency=emergency)),
            caller_ids=CallerIds(
                company=(COMPANY, SECOND), own=Roster(AGENTS, [USER]).caller_ids, region="FR"
            ),
            limits=Limits(**{**PLENTY, **limits}),
            live_calls=self.live_calls,
        )

    def asks(self, agent: str = "bob", to: str = CUSTOMER, *, at: float = 0, **more: Any) -> str | Outgoing:
        """What comes of a voice request: the call to place, or the reason for none."""
        asked = told(
            Kind.VOICE, more.pop("sid", None) or new_sid(), at=at, From=f"client:{agent}", To=to, **more
        )
        try:
            placed = self.admission.admit(asked)
        except NumberRefused as refused:
            self.live_calls.add(self.refused(asked, refused.reason))
            return refused.reason
        self.live_calls.add(asked)
        return placed

    def sends_on(self, agent: str = "bob", to: str = CUSTOMER, *, at: float = 0) -> str:
        """What comes of a transfer: "sent on", or the reason for none."""
        sent = told(Kind.TRANSFER, new_sid(), at=at, Agent=agent, To=to)
        try:
            self.admission.transfer(Identity(agent), to, now=sent.received_at)
        except NumberRefused as refused:
            return refused.reason
        self.live_calls.add(sent)
        return "sent on"

    def forwards(self, to: str = CUSTOMER, *, at: float = 0) -> str:
        """What comes of a step of a ring plan that rings a number."""
        came = told(Kind.VOICE, new_sid(), at=at, From=CUSTOMER, Forwarded=to)
        try:
            self.admission.forward(to, now=came.received_at)
        except NumberRefused as refused:
            return refused.reason
        self.live_calls.add(came)
        return "forwarded"

    def refused(self, asked: Callback, reason: str) -> Callback:
        return told(
            Kind.REFUSED,
            asked.call_sid,
            at=(asked.received_at - TEN).total_seconds(),
            **{**asked.parameters, "Reason": reason},
        )

    def outcomes(self, *moments: float, agent: str = "bob") -> list[str]:
        """Of calls at these seconds, each over at once."""
        return [self.calls_shortly(agent, at) for at in moments]

    def calls_shortly(self, agent: str, at: float) -> str:
        sid = new_sid()
        came = self.asks(agent, at=at, sid=sid)
        self.live_calls.add(told(Kind.DIAL, sid, at=at, DialCallStatus="busy"))
        return came if isinstance(came, str) else "placed"


@pytest.mark.parametrize(
    ("agent", "to", "asked", "came"),
    [
        ("bob", "0612345678", None, outgoing(CUSTOMER, COMPANY)),
        ("bob", CUSTOMER, SECOND, outgoing(CUSTOMER, SECOND)),
        ("bob", CUSTOMER, "01 59 13 00 02", outgoing(CUSTOMER, SECOND)),
        ("bob", CUSTOMER, ALICES, "caller_id"),
        ("bob", CUSTOMER, "+33612345678", "caller_id"),
        ("bob", CUSTOMER, "anonymous", "caller_id"),
        ("bob", CUSTOMER, "client:alice", "caller_id"),
        ("alice", CUSTOMER, None, outgoing(CUSTOMER, ALICES)),
        ("alice", CUSTOMER, ALICES, outgoing(CUSTOMER, ALICES)),
        ("alice", CUSTOMER, COMPANY, "caller_id"),
        ("jane_doe_example_com", CUSTOMER, None, outgoing(CUSTOMER, ALICES)),
        ("jane_doe_example_com", CUSTOMER, COMPANY, "caller_id"),
        (member_identity(USER.id), CUSTOMER, None, outgoing(CUSTOMER, ALICES)),
        ("alice", "client:bob", None, outgoing("client:bob", "client:alice")),
        ("alice", "client:bob", COMPANY, outgoing("client:bob", "client:alice")),
        ("alice", "client:jane.doe", None, outgoing("client:jane_doe", "client:alice")),
        ("alice", "client:" + "x" * 122, None, "invalid"),
        ("alice", "client:", None, "invalid"),
        ("alice", "", None, "invalid"),
        ("alice", "+12125551234", None, "country"),
    ],
)
def test_whom_and_as_whom(agent: str, to: str, asked: str | None, came: str | Outgoing) -> None:
    assert Desk().asks(agent, to, CallerId=asked or "") == came


@pytest.mark.parametrize(
    ("limits", "moments", "placed", "reason"),
    [
        ({"agent_minute": 2}, [0, 1, 59, 60, 61, 62], "++-++-", "agent_limit"),
        ({"agent_hour": 2}, [0, 1, 3599, 3600, 3601], "++-++", "agent_limit"),
        ({"minute": 2}, [0, 1, 59, 60], "++-+", "company_limit"),
        ({"hour": 1}, [0, 3599, 3600], "+-+", "company_limit"),
        ({"agent_minute": 0}, [0, 3600], "--", "agent_limit"),
        ({"hour": 0}, [0], "-", "company_limit"),
    ],
)
def test_limits(limits: dict[str, Any], moments: list[float], placed: str, reason: str) -> None:
    assert Desk(**limits).outcomes(*moments) == ["placed" if p == "+" else reason for p in placed]


def test_an_agents_limit_is_theirs_alone_and_everybodys_is_everybodys() -> None:
    desk = Desk(agent_minute=2, minute=3)
    assert desk.outcomes(0, 1, 2) == ["placed", "placed", "agent_limit"]
    assert desk.outcomes(3, 4, agent="carol") == ["placed", "company_limit"]


def test_calls_at_once() -> None:
    desk = Desk(agent_at_once=2)
    sids = [new_sid() for _ in range(3)]
    came = [desk.asks(at=at, sid=sid) for at, sid in enumerate(sids)]
    assert came == [outgoing(CUSTOMER, COMPANY), outgoing(CUSTOMER, COMPANY), "at_once"]
    desk.live_calls.add(told(Kind.STATUS, new_sid(), at=9, parent=sids[0], CallStatus="no-answer"))
    assert desk.asks(at=10) == outgoing(CUSTOMER, COMPANY)
    assert desk.asks(at=11) == "at_once"


def test_a_call_that_was_taken_is_one_at_once_too() -> None:
    desk = Desk(agent_at_once=1)
    desk.live_calls.add(
        told(Kind.STATUS, new_sid(), parent=new_sid(), To="client:bob", CallStatus="in-progress")
    )
    assert desk.asks(at=10) == "at_once"
    assert desk.asks("carol", at=10) == outgoing(CUSTOMER, COMPANY)


def test_a_request_that_twilio_sends_again_is_answered_as_before_and_counts_once() -> None:
    desk, sid = Desk(agent_minute=2, agent_at_once=1), new_sid()
    assert [desk.asks(at=at, sid=sid) for at in range(5)] == [outgoing(CUSTOMER, COMPANY)] * 5
    desk.live_calls.add(told(Kind.DIAL, sid, at=9, DialCallStatus="busy"))
    assert desk.outcomes(10, 11) == ["placed", "agent_limit"]


def test_a_refused_request_that_twilio_sends_again_is_refused_again() -> None:
    desk, sid = Desk(agent_minute=1), new_sid()
    assert desk.outcomes(0) == ["placed"]
    assert desk.asks(at=1, sid=sid) == "agent_limit"
    assert desk.asks(at=100, sid=sid) == "agent_limit"
    assert desk.outcomes(101) == ["placed"]


def test_who_misdials_may_dial_again() -> None:
    desk = Desk(agent_minute=1)
    assert [desk.asks(to="12", at=at) for at in range(20)] == ["short"] * 20
    assert desk.outcomes(21, 22) == ["placed", "agent_limit"]


def test_nothing_stops_an_emergency_call_that_is_allowed() -> None:
    desk = Desk(emergency=True, agent_minute=0, agent_at_once=0, hour=0)
    assert desk.asks(to="112") == outgoing("112", COMPANY)
    assert desk.asks("alice", to="112", CallerId="+33612345678") == outgoing("112", ALICES)
    assert desk.asks() == "at_once"


@pytest.mark.parametrize(
    ("limits", "agents"), [({"agent_hour": 10}, ["bob"]), ({"hour": 10}, [f"agent{n}" for n in range(11)])]
)
def test_as_many_refusals_in_an_hour_as_there_might_be_calls_are_a_script(
    limits: dict[str, Any], agents: list[str]
) -> None:
    desk = Desk(**limits)
    flooded = []
    for n in range(12):
        agent = agents[n % len(agents)]
        flooded.append(desk.admission.is_flooded(told(Kind.VOICE, new_sid(), at=n, From=f"client:{agent}")))
        desk.asks(agent, "12", at=n)
    assert flooded == [False] * 10 + [True] * 2
    later = timedelta(hours=1).total_seconds() + 12
    assert not desk.admission.is_flooded(told(Kind.VOICE, new_sid(), at=later, From="client:bob"))


def test_transfers_to_numbers_count_as_calls_out() -> None:
    desk = Desk(agent_minute=3)
    assert [desk.sends_on(at=at) for at in range(2)] == ["sent on"] * 2
    assert desk.outcomes(2, 3) == ["placed", "agent_limit"]
    assert [desk.sends_on(at=4), desk.sends_on("alice", at=4)] == ["agent_limit", "sent on"]
    assert desk.sends_on(to="client:alice", at=5) == "sent on", "a colleague costs no call out"
    assert desk.sends_on(at=70) == "sent on"


def test_a_transfer_is_no_call_at_once_of_its_agent() -> None:
    desk = Desk(agent_at_once=1)
    assert [desk.sends_on(at=0), desk.outcomes(1)] == ["sent on", ["placed"]]


@pytest.mark.parametrize(
    ("to", "reason"), [("+33899123456", "special"), ("+9607771234", "country"), ("", "invalid")]
)
def test_whom_nobody_dials_no_step_and_no_transfer_dials(to: str, reason: str) -> None:
    desk = Desk()
    assert (desk.sends_on(to=to), desk.forwards(to)) == (reason, reason)


def test_forwarded_calls_have_limits_of_their_own() -> None:
    desk = Desk(minute=1, hour=1, forwarded_minute=2, forwarded_hour=3)
    assert [desk.forwards(at=at) for at in range(3)] == ["forwarded", "forwarded", "forward_limit"]
    assert desk.outcomes(4) == ["placed"], "what is forwarded takes nothing from the agents"
    assert [desk.forwards(at=at) for at in (70, 71, 4000)] == ["forwarded", "forward_limit", "forwarded"]


@pytest.mark.parametrize("after_a_restart", [False, True])
@pytest.mark.parametrize("hours", [-3, 3, 24 * 365])
def test_a_clock_that_jumps_and_comes_back_forgets_no_limit(hours: int, after_a_restart: bool) -> None:
    desk = Desk(agent_minute=3, agent_at_once=4)
    on_line = [told(Kind.VOICE, new_sid(), at=0, From="client:bob", To=CUSTOMER) for _ in range(4)]
    jumped = told(Kind.VOICE, new_sid(), at=hours * 3600, From="client:carol", To=CUSTOMER)
    late = told(Kind.VOICE, new_sid(), at=1, From="client:alice", To=CUSTOMER)
    heard = [*on_line, *(replace(late, call_sid=new_sid()) for _ in range(3)), jumped]
    for callback in sorted(heard, key=lambda c: c.received_at) if after_a_restart else heard:
        desk.live_calls.add(callback)
    assert (desk.asks(at=5), desk.asks("alice", at=5)) == ("at_once", "agent_limit")


def test_a_call_whose_voice_request_was_lost_counts_by_its_leg() -> None:
    desk = Desk(agent_minute=2)
    for number in range(2):
        leg = told(Kind.STATUS, new_sid(), at=number, parent=new_sid(), CallStatus="ringing", PlacedBy="bob")
        desk.live_calls.add(leg)
        desk.live_calls.add(replace(leg, parameters={**leg.parameters, "CallStatus": "in-progress"}))
    assert (desk.asks(at=5), desk.asks("alice", at=5)) == ("agent_limit", outgoing(CUSTOMER, ALICES))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"agent_minute": 2}, "agent_limit: 2 calls within a minute"),
        ({"agent_hour": 2}, "agent_limit: 2 calls within a hour"),
        ({"minute": 2}, "company_limit: 2 calls within a minute"),
        ({"hour": 2}, "company_limit: 2 calls within a hour"),
        ({"agent_at_once": 2}, "at_once: in 2 calls already"),
        # The first of several that are reached is said.
        ({"agent_at_once": 2, "agent_minute": 2, "hour": 2}, "at_once: in 2 calls already"),
        ({"agent_minute": 2, "agent_hour": 2, "minute": 2}, "agent_limit: 2 calls within a minute"),
        ({"agent_hour": 2, "minute": 2}, "agent_limit: 2 calls within a hour"),
        ({"minute": 1, "hour": 2}, "company_limit: 2 calls within a minute"),
    ],
)
def test_what_an_operator_reads_of_a_limit(limits: dict[str, Any], said: str) -> None:
    desk = Desk(**limits)
    for _ in range(2):
        desk.live_calls.add(told(Kind.VOICE, new_sid(), From="client:bob", To=CUSTOMER))
    asked = told(Kind.VOICE, new_sid(), at=1, From="client:bob", To=CUSTOMER)
    with pytest.raises(NumberRefused) as refused:
        desk.admission.admit(asked)
    assert f"{refused.value.reason}: {refused.value}" == said


def test_what_an_operator_reads_of_a_forwarded_call() -> None:
    for window in ("minute", "hour"):
        limits: dict[str, Any] = {f"forwarded_{window}": 1}
        desk = Desk(**limits)
        desk.forwards()
        with pytest.raises(NumberRefused) as refused:
            desk.admission.forward(CUSTOMER, now=TEN)
        assert f"{refused.value.reason}: {refused.value}" == f"forward_limit: 1 calls within a {window}"


def test_limits_that_are_not_set() -> None:
    limits = Limits(**PLENTY)
    assert (limits.forwarded_minute, limits.forwarded_hour) == (60, 1000)


def test_a_call_that_dials_digits_after_the_answer_and_one_that_does_not() -> None:
    desk = Desk(emergency=True)
    assert desk.asks(to="06 12 34 56 78 x12") == Outgoing(Admitted(CUSTOMER), COMPANY, "wwww12")
    assert desk.asks(to="client:alice") == Outgoing(Admitted("client:alice"), "client:bob", "")
    assert desk.admission.target("06 12 34 56 78 x12") == (CUSTOMER, "wwww12")
    assert desk.admission.target("client:al.ice") == ("client:al_ice", "")


def test_a_test_call_is_bounded_by_the_rate_and_not_by_calls_at_once() -> None:
    desk = Desk(agent_minute=2, agent_at_once=0)
    placed = [told(Kind.VOICE, new_sid(), From="client:bob", Preflight="1") for _ in range(3)]
    for one in placed[:2]:
        desk.admission.admit_test(one)
        desk.live_calls.add(one)
    desk.admission.admit_test(placed[0])
    with pytest.raises(NumberRefused) as refused:
        desk.admission.admit_test(placed[2])
    assert refused.value.reason == "agent_limit"


def test_a_number_without_an_agent_has_the_companys_limits_and_caller_id() -> None:
    desk = Desk(agent_minute=1)
    asked = [told(Kind.VOICE, new_sid(), From=CUSTOMER, To=CUSTOMER) for _ in range(2)]
    assert desk.admission.admit(asked[0]) == outgoing(CUSTOMER, COMPANY)
    assert not desk.admission.is_flooded(asked[0])


def test_of_refused_calls_alone_a_flood_is_made() -> None:
    """Of one agent, or of all: placed ones are none."""
    for name in ("agent_hour", "hour"):
        limits: dict[str, Any] = {name: 2}
        desk = Desk(**limits)
        placed = told(Kind.VOICE, new_sid(), From="client:bob", To=CUSTOMER)
        for n in range(2):
            desk.live_calls.add(replace(placed, call_sid=new_sid()))
            assert not desk.admission.is_flooded(placed)
            desk.live_calls.add(desk.refused(told(Kind.VOICE, new_sid(), From="client:bob", To="1"), "short"))
            assert desk.admission.is_flooded(placed) is (n == 1)
