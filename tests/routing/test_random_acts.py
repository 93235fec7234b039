"""Random acts, hang-ups by anyone at any time, lost, doubled and late callbacks: no party is left alone."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Delivery
from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.runner import PATIENCE_SECONDS
from tests.routing.conftest import JANE, open_phone
from tests.routing.test_conferences import CONFIG, THIRD, Talk, legs, talking
from tests.support import eventually

ACTS: list[tuple[str, dict[str, Any]]] = [
    ("hold", {}),
    ("resume", {}),
    ("transfer", {"to": "client:bob", "ask": True}),
    ("transfer/complete", {}),
    ("transfer/cancel", {}),
    ("transfer/swap", {}),
    ("participants", {"to": THIRD}),
    ("transfer", {"to": "client:bob"}),
    ("listen", {"mode": "listen", "agent": "carl"}),
]
PARTIES = ("ann", "bob", "carl", THIRD, JANE)
ALLOWED = {204, 400, 403, 409}
"""An act that is not possible at a time is refused, and changes nothing."""

SOONER = PATIENCE_SECONDS * 5 / 6
"""The sandbox itself ends a call that no party ends."""

FAULTS = {
    "in order": Delivery(),
    "late and doubled": Delivery(seed=1, duplicate=0.3, delay=0.2),
    "lost": Delivery(seed=2, drop=0.25, delay=0.02),
}


@pytest.mark.parametrize("faults", FAULTS)
async def test_no_plan_leaves_a_party_alone(twenty: TwentySandbox, tmp_path: Path, faults: str) -> None:
    chance = Random(faults)
    for inbound in (True, False) * 2:
        folder = tmp_path / str(chance.random())
        folder.mkdir(mode=0o700)
        more: Any = {"delivery": FAULTS[faults], "conference_check_seconds": 0.6}
        async with open_phone(CONFIG, twenty, folder, **more) as company:
            async with talking(company, inbound=inbound) as talk:
                await _play(talk, chance)
                await _is_over(talk)
            await eventually(company.settled)
            record = (await company.records())[talk.sid]
            assert faults == "lost" or record["status"] in {"COMPLETED", "VOICEMAIL"}, record


async def _play(talk: Talk, chance: Random) -> None:
    has_hung_up = False
    for _ in range(chance.randint(2, 6)):
        path, body = chance.choice(ACTS)
        agent = chance.choice(["ann", "ann", "bob"])
        status, said = await talk.try_act(path, **{"agent": agent, **body})
        assert status in ALLOWED, (path, said)
        assert has_hung_up or not talk.leg(JANE).is_over, f"{path} ended the call"
        talk.twilio.skip(chance.choice([0, 0, 5, 30]))
        if chance.random() < 0.25 and (there := _there(talk)):
            has_hung_up = True
            _hang_up(talk, chance.choice(there))


def _there(talk: Talk) -> list[str]:
    """Who has a leg of this call that is not over."""
    legs = [leg for leg in talk.twilio.account.calls.values() if not leg.is_over]
    addresses = {leg.from_ if leg.sid == talk.sid else leg.to for leg in legs}
    return [who for who in PARTIES if addresses & {who, f"client:{who}"}]


def _hang_up(talk: Talk, who: str) -> None:
    try:
        talk.hang_up(who)
    except RestError:
        """Its line is not there any more."""


async def _is_over(talk: Talk) -> None:
    await eventually(lambda: _is_alone_nowhere(talk), within=SOONER)
    if not talk.leg(JANE).is_over:
        _hang_up(talk, JANE)
    await eventually(lambda: all(leg.is_over for leg in legs(talk.company)), within=SOONER)
    assert all(room.is_over for room in talk.rooms)
    async with asyncio.timeout(SOONER):
        await talk.call


def _is_alone_nowhere(talk: Talk) -> bool:
    """Whether every conference that goes on connects at least two."""
    return all(room.is_over or len(room.connected) > 1 for room in talk.rooms)
