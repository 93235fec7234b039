"""A number is checked before it is dialled: by whom, how often, and what is never kept waiting."""

from typing import Any
from urllib.parse import quote

import pytest

from bridge.calls.dialling.checking import NumberKind
from bridge.calls.texts import FRENCH
from bridge.sandbox.twenty import TwentySandbox
from bridge.web.phone.numbers import PER_MINUTE
from tests.web.authentication.test_caller import NOBODYS, at, bearer
from tests.web.conftest import KEY, SPECIFICATION, Answer, Bridge, OpenBridge

KEYED = bearer(KEY)


async def checked(bridge: Bridge, typed: str, headers: dict[str, str] | None = None) -> Answer:
    return await bridge.get(
        f"/api/numbers/{quote(typed, safe='')}", headers=KEYED if headers is None else headers
    )


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("06 39 98 00 01", {"number": "+33639980001", "kind": "unknown", "allowed": False}),
        ("+33612345678", {"country": "FR", "readable": "+33 6 12 34 56 78", "allowed": True, "why": None}),
        ("0892123456", {"reason": "special", "kind": "premium", "why": FRENCH.special}),
        ("112", {"kind": "emergency", "allowed": False, "reason": "emergency"}),
        ("../x", {"kind": "unknown", "reason": "invalid"}),
    ],
)
async def test_what_is_told(bridge: Bridge, typed: str, told: dict[str, Any]) -> None:
    answer = await checked(bridge, typed)
    assert answer.status == 200
    assert {name: answer.json[name] for name in told} == told


@pytest.mark.parametrize("headers", [{}, bearer("guess"), {"Authorization": "Basic eDp5"}])
async def test_nobody_else_is_told(bridge: Bridge, headers: dict[str, str]) -> None:
    assert (await checked(bridge, "+33612345678", headers)).status == 401


async def test_a_flood_is_refused_but_of_emergency_numbers(bridge: Bridge) -> None:
    # The machine may be slow, and each half second allows one more.
    answers = [await checked(bridge, "+33612345678") for _ in range(PER_MINUTE + 60)]
    assert {answer.status for answer in answers[:PER_MINUTE]} == {200}
    assert {answer.status for answer in answers[PER_MINUTE:]} >= {429}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status == 429)
    assert (await checked(bridge, "112")).status == 200


async def test_help_is_not_kept_waiting_for_twenty(open_bridge: OpenBridge, twenty: TwentySandbox) -> None:
    """Whose token it is, Twenty does not say; and that is not waited for."""
    bridge = await open_bridge(twenty=at(twenty))
    twenty.faults.slow_seconds = 60
    answer = await checked(bridge, "15", bearer(NOBODYS))
    assert (answer.status, answer.json["kind"]) == (200, "emergency")
    assert not [request for request in twenty.requests if request.path == "/metadata"]


async def test_without_any_credentials_not_even_that_is_told(bridge: Bridge) -> None:
    assert (await checked(bridge, "112", {})).status == 401


async def test_one_agent_takes_no_checks_from_another(open_bridge: OpenBridge, twenty: TwentySandbox) -> None:
    bridge = await open_bridge(twenty=at(twenty))
    for _ in range(PER_MINUTE):
        await checked(bridge, "+33612345678")
    assert (await checked(bridge, "+33612345678", bearer(twenty.user_token))).status == 200


def test_the_kinds_are_those_of_the_specification() -> None:
    specified = SPECIFICATION["components"]["schemas"]["CheckedNumber"]["properties"]["kind"]["enum"]
    assert [kind.value for kind in NumberKind] == specified
