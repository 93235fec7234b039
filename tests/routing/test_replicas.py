"""Two replicas on one PostgreSQL while a call moves: each act, webhook and key can come to either of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bridge.demo.bridge import PUBLIC_URL, WIDGET_KEY, environment, known_to
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Leg, TwilioSandbox, twilio_sandbox
from bridge.settings import load
from bridge.wiring.application import open_app
from tests.postgres import Postgres
from tests.routing.conftest import CALLS, JANE, answers
from tests.support import ask, eventually, nodes_of, until

CONFIG = "agents: {names: [ann, bob]}\nlines: {default: {ring: [{agents: [ann]}]}}\n"
HOLDS = answers(after=1, talks=None)


JOINED = ("StatusCallbackEvent", "participant-join")


def says(name: str, value: str) -> str:
    """A condition on a parameter of a callback."""
    return f"parameters::jsonb ->> '{name}' = '{value}'"


class Replicas:
    """Two applications, A and B; webhooks go to the one that `hears`."""

    def __init__(self, twilio: TwilioSandbox, postgres: Postgres, database: str, urls: list[str]) -> None:
        self.twilio, self.urls = twilio, urls
        self._postgres, self._database = postgres, database
        self.session: aiohttp.ClientSession

    def hears(self, replica: int) -> None:
        self.twilio.routes = {PUBLIC_URL: self.urls[replica]}

    async def act(self, replica: int, sid: str, path: str, key: str, **body: Any) -> tuple[int, str]:
        """The status of the answer, and its code."""
        url = f"{self.urls[replica]}/api/calls/{sid}/{path}"
        headers = {"Idempotency-Key": key}
        async with self.session.post(url, json={"identity": "ann", **body}, headers=headers) as answer:
            return answer.status, "" if answer.status == 204 else (await answer.json())["code"]

    def count(self, where: str) -> int:
        query = f"select count(*) from callbacks where {where}"
        return int(self._postgres.sql(query, database=self._database).strip().split()[0])

    def acts(self, name: str) -> int:
        return self.count(f"kind = 'act' and {says('Act', name)}")

    def leg(self, address: str) -> Leg:
        return next(leg for leg in reversed(self.twilio.account.calls.values()) if leg.to == address)

    def held(self, leg: Leg) -> bool:
        found = self.twilio.account.conferences.of(leg.sid)
        return found is not None and found[1].held

    async def comes(self, leg: Leg) -> None:
        await eventually(lambda: bool(self.count(f"call_sid = '{leg.sid}' and {says(*JOINED)}")))


@pytest.fixture
async def replicas(
    twenty: TwentySandbox, tmp_path: Path, postgres_server: Postgres, postgres_database: str
) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(twilio_sandbox())
        (tmp_path / "config.yaml").write_text(CONFIG)
        env = environment(twilio, twenty, tmp_path)
        env["BRIDGE_DATABASE_URL"] = postgres_server.url(postgres_database)
        settings = load(tmp_path / "config.yaml", env_file=tmp_path / ".env", environ=env)
        urls = []
        for _ in range(2):
            app = await stack.enter_async_context(open_app(settings))
            server = await stack.enter_async_context(TestServer(app))
            urls.append(str(server.make_url("")).rstrip("/"))
        known_to(twilio, listens_on=urls[0])
        both = Replicas(twilio, postgres_server, postgres_database, urls)
        headers = {"Authorization": f"Bearer {WIDGET_KEY}"}
        both.session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        yield both


A, B = 0, 1


async def placed(replicas: Replicas, *, inbound: bool) -> tuple[asyncio.Task[Any], Leg, Leg]:
    """A call between Ann and Jane, who talk: its task, the first leg, and the dialled one."""
    twilio = replicas.twilio
    twilio.parties |= dict.fromkeys(("client:ann", "client:bob", JANE), HOLDS)
    call = asyncio.create_task(
        twilio.call_from_phone(JANE) if inbound else twilio.call_from_browser("ann", JANE)
    )
    dialled = "client:ann" if inbound else JANE
    await eventually(
        lambda: bool(replicas.count(f"{says('To', dialled)} and {says('CallStatus', 'in-progress')}"))
    )
    child = replicas.leg(dialled)
    return call, twilio.account.calls[child.parent_sid or ""], child


BOTH = pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])


@BOTH
async def test_a_warm_transfer_over_two_replicas(
    replicas: Replicas, twenty: TwentySandbox, *, inbound: bool
) -> None:
    twilio = replicas.twilio
    call, first, child = await placed(replicas, inbound=inbound)
    root = first.sid
    customer, agent = (first, child) if inbound else (child, first)

    # The act comes to A, the action of the Dial that it ends to B.
    replicas.hears(B)
    assert await replicas.act(A, root, "hold", "h1") == (204, "")
    assert replicas.held(customer)
    assert (await replicas.act(B, root, "hold", "h1"), replicas.acts("hold")) == ((204, ""), 1)
    assert (await replicas.act(B, root, "resume", "r1"), replicas.held(customer)) == ((204, ""), False)

    # The same click at both at once calls Bob once; another one finds him rung.
    asked = {"to": "client:bob", "ask": True}
    replicas.hears(A)
    once = await asyncio.gather(*(replicas.act(n, root, "transfer", "t1", **asked) for n in (A, B)))
    assert once == [(204, ""), (204, "")]
    assert await replicas.act(A, root, "transfer", "t2", **asked) == (409, "transfer.asking")
    other = {"to": JANE, "ask": True}
    assert await replicas.act(B, root, "transfer", "t1", **other) == (422, "idempotency.reused")
    assert [leg.to for leg in twilio.account.calls.values()].count("client:bob") == 1
    bob = replicas.leg("client:bob")
    await replicas.comes(bob)
    assert replicas.held(customer)

    replicas.hears(B)
    swaps = await asyncio.gather(*(replicas.act(n, root, "transfer/swap", f"s{n}") for n in (A, B)))
    assert (swaps, replicas.acts("swap")) == ([(204, "")] * 2, 2)
    assert replicas.held(customer), "each of two swaps is done, one after the other"
    done = await asyncio.gather(*(replicas.act(n, root, "transfer/complete", "c1") for n in (A, B)))
    assert done == [(204, "")] * 2
    await eventually(lambda: agent.is_over)
    assert (replicas.held(customer), replicas.acts("complete")) == (False, 1)

    twilio.skip(60)
    twilio.command(bob, None)
    await call
    assert customer.is_over
    for replica in (A, B):
        status, code = await replicas.act(replica, root, "hold", "h2")
        assert (status, code) in {(409, "call.over"), (403, "call.not_yours")}

    async def shown() -> None:
        [node] = nodes_of(await ask(twenty, CALLS))
        assert "passed to bob" in (node["handling"] or "")
        assert node["status"] == "COMPLETED"

    await until(shown, AssertionError, ValueError)


@BOTH
@pytest.mark.parametrize("moved", [False, True], ids=["dialled", "moved"])
async def test_a_blind_transfer_over_two_replicas(replicas: Replicas, *, inbound: bool, moved: bool) -> None:
    call, first, child = await placed(replicas, inbound=inbound)
    twilio, root = replicas.twilio, first.sid
    customer, agent = (first, child) if inbound else (child, first)
    if moved:
        for act in ("hold", "resume"):
            assert await replicas.act(A, root, act, act) == (204, "")
    to_bob, to_jane = {"to": "client:bob"}, {"to": JANE}
    if moved:
        # The second comes when the agent has left, and no memory of B answers it.
        assert await replicas.act(A, root, "transfer", "t1", **to_bob) == (204, "")
        await eventually(lambda: agent.is_over)
        assert await replicas.act(B, root, "transfer", "t1", **to_bob) == (204, "")
    else:
        both = await asyncio.gather(*(replicas.act(n, root, "transfer", "t1", **to_bob) for n in (A, B)))
        assert both == [(204, "")] * 2
        await eventually(lambda: agent.is_over)
    for replica in (A, B):
        for how in ({}, {"ask": True}):
            other = {**to_jane, **how}
            assert await replicas.act(replica, root, "transfer", "t1", **other) == (422, "idempotency.reused")
    await eventually(lambda: any(leg.to == "client:bob" for leg in twilio.account.calls.values()))
    assert [leg.to for leg in twilio.account.calls.values()].count("client:bob") == 1
    assert replicas.count("kind = 'transfer'") == 1
    twilio.command(customer, None)
    await call
    assert customer.is_over
