"""Signing in by a one-time link: once, within an hour, as one agent; only hashes are stored."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.errors import InboxUnavailable
from bridge.inbox.sign_ins import add_link, drop_ended, revoke, sign_ins_that_hold, signed_in
from bridge.inbox.store import open_inbox
from bridge.web.authentication.devices import new_link
from bridge.web.authentication.keys import digest_of
from bridge.web.phone.sign_in import PER_MINUTE
from bridge.wiring.application import Bounds
from tests.support import BOUND
from tests.web.authentication.test_caller import bearer
from tests.web.conftest import Answer, Bridge, OpenBridge

HOUR = timedelta(hours=1)
ALICE: Mapping[str, object] = {"names": ["alice", "bob"]}


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    return await open_bridge(agents=ALICE)


async def link(bridge: Bridge, identity: str = "alice", ends: timedelta = HOUR) -> str:
    """The secret of a new link, stored by another process."""
    secret = new_link()
    async with open_inbox(f"sqlite+aiosqlite:///{bridge.database}") as inbox:
        at = datetime.now(UTC) + ends
        await add_link(inbox, digest=digest_of(secret), identity=identity, expires_at=at)
    return secret


async def sign_in(bridge: Bridge, secret: str, *, device: bool = False) -> Answer:
    return await bridge.post("/api/sign-in", json={"secret": secret, "device": device})


async def me(bridge: Bridge, key: str) -> Answer:
    return await bridge.get("/api/me?identity=bob", headers=bearer(key))


async def test_a_link_makes_its_agent_s_phone(bridge: Bridge) -> None:
    answer = await sign_in(bridge, await link(bridge))
    assert (answer.status, answer.json["identity"]) == (200, "alice")
    key = answer.json["key"]
    assert (await me(bridge, key)).json["identity"] == "alice"
    token = await bridge.post("/token", json={"identity": "bob"}, headers=bearer(key))
    assert (token.status, token.json["identity"]) == (200, "alice")


@pytest.mark.parametrize(("device", "least"), [(True, timedelta(days=89)), (False, timedelta(hours=11))])
async def test_a_device_stays_signed_in_for_longer_than_a_tab(
    bridge: Bridge, device: bool, least: timedelta
) -> None:
    answer = await sign_in(bridge, await link(bridge), device=device)
    left = datetime.fromisoformat(answer.json["expiresAt"]) - datetime.now(UTC)
    assert least < left < least + timedelta(days=1)


async def test_who_is_signed_out_hears_no_more_events(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(agents=ALICE, bounds=Bounds(stream_check_seconds=0.5))
    keys = [(await sign_in(bridge, await link(bridge))).json["key"] for _ in range(2)]
    streams = [await bridge.client.get("/api/events", headers=bearer(key)) for key in keys]
    assert (await bridge.post("/api/sign-out", headers=bearer(keys[0]))).status == 204
    async with asyncio.timeout(BOUND):
        await streams[0].read()
    assert not streams[1].content.at_eof()
    streams[1].close()


async def test_a_database_that_does_not_answer_ends_no_stream(
    open_bridge: OpenBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = await open_bridge(agents=ALICE, bounds=Bounds(stream_check_seconds=0.1))
    key = (await sign_in(bridge, await link(bridge))).json["key"]
    stream = await bridge.client.get("/api/events", headers=bearer(key))
    failed = asyncio.Event()

    async def fails_once(*given: Any, **named: Any) -> Any:
        if failed.is_set():
            return await signed_in(*given, **named)
        failed.set()
        raise InboxUnavailable("The database does not answer.")

    monkeypatch.setattr("bridge.inbox.sign_ins.signed_in", fails_once)
    await failed.wait()
    assert (await bridge.post("/api/sign-out", headers=bearer(key))).status == 204
    # It ends in order, once the check is answered.
    async with asyncio.timeout(BOUND):
        await stream.read()


async def test_of_many_at_once_one_gets_in(bridge: Bridge) -> None:
    secret = await link(bridge)
    answers = await asyncio.gather(*(sign_in(bridge, secret) for _ in range(PER_MINUTE)))
    assert sorted(answer.status for answer in answers) == [200] + [410] * (PER_MINUTE - 1)


async def test_what_became_of_a_link_is_told_to_who_holds_it(bridge: Bridge) -> None:
    used, expired = await link(bridge), await link(bridge, ends=-HOUR)
    await sign_in(bridge, used)
    assert "used already" in (await sign_in(bridge, used)).json["detail"]
    assert "has expired" in (await sign_in(bridge, expired)).json["detail"]
    unknown = [await sign_in(bridge, guess) for guess in (new_link(), used[:-1], "x", used.upper())]
    assert {(answer.status, answer.json["detail"]) for answer in unknown} == {
        (404, "There is no such link. Copy all of it, or ask for a new one.")
    }


async def test_guesses_are_counted(bridge: Bridge) -> None:
    statuses = [(await sign_in(bridge, "guess")).status for _ in range(2 * PER_MINUTE)]
    assert set(statuses) == {404, 429}


async def test_guesses_keep_no_agent_out(bridge: Bridge) -> None:
    """Behind a proxy that no setting names, a stranger's address is everybody's."""
    secret = await link(bridge)
    for _ in range(2 * PER_MINUTE):
        await sign_in(bridge, new_link())
    assert (await sign_in(bridge, secret)).status == 200


async def test_who_signs_out_is_out(bridge: Bridge) -> None:
    key = (await sign_in(bridge, await link(bridge))).json["key"]
    assert (await bridge.post("/api/sign-out", headers=bearer(key))).status == 204
    assert (await me(bridge, key)).status == 401
    assert (await bridge.post("/api/sign-out", headers=bearer(key))).status == 401


async def test_a_form_of_another_page_signs_nobody_in(bridge: Bridge) -> None:
    """A browser sends a form without asking first; JSON it does not."""
    answer = await bridge.post("/api/sign-in", data={"secret": await link(bridge)})
    assert answer.status == 415


async def test_an_agent_who_is_named_no_longer_is_out(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(agents={"names": ["alice"]})
    answer = await sign_in(bridge, await link(bridge, "carol"))
    assert (await me(bridge, answer.json["key"])).status == 403


async def test_revoked_links_and_keys_hold_no_more(bridge: Bridge) -> None:
    unused = await link(bridge)
    key = (await sign_in(bridge, await link(bridge))).json["key"]
    other = (await sign_in(bridge, await link(bridge, "bob"))).json["key"]
    async with open_inbox(f"sqlite+aiosqlite:///{bridge.database}") as inbox:
        assert await revoke(inbox, "alice", now=datetime.now(UTC)) == 2
        async with inbox.reading() as connection:
            held = await sign_ins_that_hold(connection, now=datetime.now(UTC))
        assert [one.identity for one in held] == ["bob"]
        assert await drop_ended(inbox, now=datetime.now(UTC) + timedelta(days=29)) == 0
        assert await drop_ended(inbox, now=datetime.now(UTC) + timedelta(days=31)) == 3
    assert (await sign_in(bridge, unused)).status in (404, 410)
    assert (await me(bridge, key)).status == 401
    assert (await me(bridge, other)).status == 401


async def test_no_secret_is_stored(bridge: Bridge) -> None:
    secret = await link(bridge)
    key = (await sign_in(bridge, secret)).json["key"]
    stored = b"".join(path.read_bytes() for path in bridge.database.parent.glob("bridge.db*"))
    assert secret.encode() not in stored
    assert key.encode() not in stored
    assert digest_of(secret) in stored
