"""Admission: limits, caller IDs, calls that Twilio asks about twice, and what is never stopped."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.calls.admission import Admission, Outgoing
from bridge.calls.agents import Agents
from bridge.calls.callback import Callback, Kind
from bridge.calls.caller_ids import CallerIds
from bridge.calls.dialling import Dialling, Rules
from bridge.calls.limits import Limits
from bridge.calls.switchboard import Switchboard
from bridge.errors import NumberRefused
from tests.support import TEN, new_sid, told

COMPANY, SECOND, ALICES, CUSTOMER = "+33159130001", "+33159130002", "+33159130003", "+33612345678"
AGENTS = Agents(caller_ids={"alice": (ALICES,), "bob": (), "jane.doe@example.com": (ALICES,)})
PLENTY = {"agent_minute": 99, "agent_hour": 99, "agent_at_once": 99, "minute": 99, "hour": 99}


class Desk:
    """Agents who call out, and a switchboard that hears of it."""

    def __init__(self, *, emergency: bool = False, **limits: int) -> None:
        self.switchboard = Switchboard()
        self.admission = Admission(
            dialling=Dialling(Rules(region="FR", countries=frozenset({"FR"}), emergency=emergency)),
            caller_ids=CallerIds(company=(COMPANY, SECOND), own=AGENTS.caller_ids, region="FR"),
            limits=Limits(**{**PLENTY, **limits}),
            switchboard=self.switchboard,
        )

    def asks(self, agent: str = "bob", to: str = CUSTOMER, *, at: float = 0, **more: Any) -> str | Outgoing:
        """What comes of a voice request: the call to place, or the reason for none."""
        asked = told(
            Kind.VOICE, more.pop("sid", None) or new_sid(), at=at, From=f"client:{agent}", To=to, **more
        )
        try:
            outgoing = self.admission.admit(asked)
        except NumberRefused as refused:
            self.switchboard.heard(self.refused(asked, refused.reason))
            return refused.reason
        self.switchboard.heard(asked)
        return outgoing

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
        self.switchboard.heard(told(Kind.DIAL, sid, at=at, DialCallStatus="busy"))
        return came if isinstance(came, str) else "placed"


@pytest.mark.parametrize(
    ("agent", "to", "asked", "outgoing"),
    [
        ("bob", "0612345678", None, Outgoing(CUSTOMER, COMPANY)),
        ("bob", CUSTOMER, SECOND, Outgoing(CUSTOMER, SECOND)),
        ("bob", CUSTOMER, "01 59 13 00 02", Outgoing(CUSTOMER, SECOND)),
        ("bob", CUSTOMER, ALICES, "caller_id"),
        ("bob", CUSTOMER, "+33612345678", "caller_id"),
        ("bob", CUSTOMER, "anonymous", "caller_id"),
        ("bob", CUSTOMER, "client:alice", "caller_id"),
        ("alice", CUSTOMER, None, Outgoing(CUSTOMER, ALICES)),
        ("alice", CUSTOMER, ALICES, Outgoing(CUSTOMER, ALICES)),
        ("alice", CUSTOMER, COMPANY, "caller_id"),
        ("jane_doe_example_com", CUSTOMER, None, Outgoing(CUSTOMER, ALICES)),
        ("jane_doe_example_com", CUSTOMER, COMPANY, "caller_id"),
        ("alice", "client:bob", None, Outgoing("client:bob", "client:alice")),
        ("alice", "client:bob", COMPANY, Outgoing("client:bob", "client:alice")),
        ("alice", "client:jane.doe", None, Outgoing("client:jane_doe", "client:alice")),
        ("alice", "client:" + "x" * 122, None, "invalid"),
        ("alice", "client:", None, "invalid"),
        ("alice", "", None, "invalid"),
        ("alice", "+12125551234", None, "country"),
    ],
)
def test_whom_and_as_whom(agent: str, to: str, asked: str | None, outgoing: str | Outgoing) -> None:
    assert Desk().asks(agent, to, CallerId=asked or "") == outgoing


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
    assert came == [Outgoing(CUSTOMER, COMPANY), Outgoing(CUSTOMER, COMPANY), "at_once"]
    desk.switchboard.heard(told(Kind.STATUS, new_sid(), at=9, parent=sids[0], CallStatus="no-answer"))
    assert desk.asks(at=10) == Outgoing(CUSTOMER, COMPANY)
    assert desk.asks(at=11) == "at_once"


def test_a_call_that_was_taken_is_one_at_once_too() -> None:
    desk = Desk(agent_at_once=1)
    desk.switchboard.heard(
        told(Kind.STATUS, new_sid(), parent=new_sid(), To="client:bob", CallStatus="in-progress")
    )
    assert desk.asks(at=10) == "at_once"
    assert desk.asks("carol", at=10) == Outgoing(CUSTOMER, COMPANY)


def test_a_request_that_twilio_sends_again_is_answered_as_before_and_counts_once() -> None:
    desk, sid = Desk(agent_minute=2, agent_at_once=1), new_sid()
    assert [desk.asks(at=at, sid=sid) for at in range(5)] == [Outgoing(CUSTOMER, COMPANY)] * 5
    desk.switchboard.heard(told(Kind.DIAL, sid, at=9, DialCallStatus="busy"))
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
    assert desk.asks(to="112") == Outgoing("112", COMPANY)
    assert desk.asks("alice", to="112", CallerId="+33612345678") == Outgoing("112", ALICES)
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
