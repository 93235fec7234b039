"""Invented tokens keep no user out, whatever they claim and wherever they come from."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count, repeat

import jwt
import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.web.authentication.client_address import ENOUGH, UnnamedProxy
from bridge.wiring.application import Bounds
from tests.support import BOUND
from tests.web.authentication.test_caller import ADMIN, BELA, at, bearer, signed_in, token
from tests.web.conftest import Bridge, OpenBridge

CHECKS = 3
END = 4_000_000_000

Invent = Callable[[TwentySandbox, int], str]


def signed(claims: dict[str, object]) -> str:
    return jwt.encode(claims, "a secret of strangers, of thirty-two")


def an_end_alone(_: TwentySandbox, number: int) -> str:
    return signed({"exp": END + number})


def like_a_users(twenty: TwentySandbox, number: int) -> str:
    """All the claims of a user's own token, with another user."""
    real = jwt.decode(twenty.user_token, options={"verify_signature": False})
    return signed({**real, "sub": str(uuid.uuid4()), "userId": str(uuid.uuid4()), "exp": END + number})


def of_another_workspace(twenty: TwentySandbox, number: int) -> str:
    real = jwt.decode(twenty.user_token, options={"verify_signature": False})
    return signed(
        {**real, "workspaceId": str(uuid.uuid4()), "userId": str(uuid.uuid4()), "exp": END + number}
    )


def of_a_user(twenty: TwentySandbox, number: int) -> str:
    """The claims of the very user."""
    real = jwt.decode(twenty.user_token, options={"verify_signature": False})
    return signed({**real, "exp": END + number})


def random_bytes(_: TwentySandbox, number: int) -> str:
    return signed({"exp": END, str(uuid.uuid4()): [number] * 20})


FORMS: list[Invent] = [an_end_alone, like_a_users, of_another_workspace, of_a_user, random_bytes]


@asynccontextmanager
async def flood(bridge: Bridge, invented: Iterator[str], addresses: Iterator[str]) -> AsyncIterator[None]:
    """Twenty strangers who ask on and on, with another token each time; begins when it is in full flow."""
    asked = count()
    flowing = asyncio.Event()

    async def stranger() -> None:
        while True:
            headers = bearer(next(invented)) | {"X-Forwarded-For": next(addresses)}
            answer = await token(bridge, headers)
            assert answer.status in (401, 429, 503)
            if next(asked) > 3 * CHECKS + 20:
                flowing.set()

    async with asyncio.TaskGroup() as strangers:
        tasks = [strangers.create_task(stranger()) for _ in range(20)]
        await asyncio.wait_for(flowing.wait(), BOUND)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def status_of(bridge: Bridge, shown: str, address: str) -> int:
    """Asks once more where the sandbox Twenty, on a busy machine, took longer than the bridge waits."""
    headers = bearer(shown) | {"X-Forwarded-For": address}
    status = (await token(bridge, headers)).status
    return status if status != 503 else (await token(bridge, headers)).status


def ever_new(invent: Invent, twenty: TwentySandbox) -> Iterator[str]:
    return (invent(twenty, number) for number in count())


ONE_ADDRESS = "198.51.100.1"
BEHIND_ONE_PROXY: dict[str, object] = {}
NAMED = {"trusted_proxies": ["127.0.0.1"]}


@pytest.mark.parametrize("invent", FORMS)
@pytest.mark.parametrize("server", [BEHIND_ONE_PROXY, NAMED])
async def test_users_get_in_beside_a_flood_of_invented_tokens(
    open_bridge: OpenBridge, twenty: TwentySandbox, invent: Invent, server: dict[str, object]
) -> None:
    """One who was there before, with a new token; and one who never was, nor their address."""
    bridge = await open_bridge(twenty=at(twenty), bounds=Bounds(checks_per_minute=CHECKS), server=server)

    async def comes(shown: str) -> int:
        return await status_of(bridge, shown, ONE_ADDRESS)

    assert await comes(twenty.user_token) == 200
    renewed, newcomers = await signed_in(twenty, ADMIN), await signed_in(twenty, BELA)
    async with flood(bridge, ever_new(invent, twenty), repeat(ONE_ADDRESS)):
        assert await comes(twenty.user_token) == 200
        assert await comes(renewed) == 200
        assert await comes(newcomers) == 200


@pytest.mark.parametrize("invent", FORMS)
async def test_the_first_user_of_all_gets_in_beside_a_flood(
    open_bridge: OpenBridge, twenty: TwentySandbox, invent: Invent
) -> None:
    """Nothing was accepted yet: what the bridge's own key says is all that is known of Twenty's tokens."""
    bridge = await open_bridge(twenty=at(twenty), bounds=Bounds(checks_per_minute=CHECKS))
    async with flood(bridge, ever_new(invent, twenty), repeat("")):
        assert await status_of(bridge, twenty.user_token, "") == 200


@pytest.mark.parametrize("invent", FORMS)
async def test_a_flood_from_everywhere(
    open_bridge: OpenBridge, twenty: TwentySandbox, invent: Invent
) -> None:
    bridge = await open_bridge(twenty=at(twenty), bounds=Bounds(checks_per_minute=CHECKS), server=NAMED)
    everywhere = (f"198.51.{n >> 8 & 255}.{n & 255}" for n in count())
    async with flood(bridge, ever_new(invent, twenty), everywhere):
        for shown in (twenty.user_token, await signed_in(twenty, BELA)):
            assert await status_of(bridge, shown, ONE_ADDRESS) == 200


async def test_what_does_not_look_like_a_users_is_taken_to_twenty_so_often_and_no_more(
    open_bridge: OpenBridge, twenty: TwentySandbox
) -> None:
    bridge = await open_bridge(twenty=at(twenty), bounds=Bounds(checks_per_minute=CHECKS))
    statuses = [(await token(bridge, bearer(an_end_alone(twenty, n)))).status for n in range(CHECKS + 2)]
    assert statuses == [401] * CHECKS + [429] * 2


@pytest.mark.parametrize(("server", "told"), [(BEHIND_ONE_PROXY, [UnnamedProxy.code]), (NAMED, [])])
async def test_one_private_address_for_all_is_a_proxy_that_is_not_named(
    open_bridge: OpenBridge, server: dict[str, object], told: list[str]
) -> None:
    bridge = await open_bridge(server=server)
    for _ in range(ENOUGH):
        assert (await bridge.get("/ready")).json["reasons"] == []
        await bridge.get("/capabilities")
    assert (await bridge.get("/ready")).json["reasons"] == told
