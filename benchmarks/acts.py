"""What each act on a call of more than two ends takes: webhooks of Twilio's, and requests to its REST API.

A bridge and a sandbox Twilio on this machine, counted by what the sandbox sent and got. What Twilio charges
are the minutes of legs and of participants, so these are counted, too: how many an act adds. An act is over
when nothing about it has come for a second. `python -m benchmarks.acts --json` prints
`{"acts": [{"act", "webhooks", "requests", "legs", "participants"}]}`.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from benchmarks import command, drain
from bridge.demo.bridge import WIDGET_KEY, environment, known_to
from bridge.sandbox.twenty import twenty_sandbox
from bridge.sandbox.twilio import Party, TwilioSandbox, twilio_sandbox
from bridge.settings import load
from bridge.wiring.application import open_app

CONFIG = """
agents: {names: [ann, bob, carl]}
phone: {supervisors: [carl]}
reconcile: {minutes: 0}
lines: {default: {ring: [{agents: [ann]}]}}
"""
JANE, PAUL = "+33612345678", "+33698765432"
HOLDS = Party.answers(after=1, talks=None)
QUIET_SECONDS = 1.0

Count = dict[str, int]


class Counter:
    """Counts what goes between the bridge and the sandbox."""

    def __init__(self, twilio: TwilioSandbox, url: str, http: aiohttp.ClientSession) -> None:
        self.twilio = twilio
        self.requests = 0
        self._url, self._http = url, http
        self.root = ""

    @property
    def count(self) -> Count:
        """So far."""
        account = self.twilio.account
        rooms = account.conferences.all()
        return {
            "webhooks": account.sent,
            "requests": self.requests,
            "legs": len(account.calls),
            "participants": sum(len(room.connected) for room in rooms),
        }

    async def act(self, path: str, *, agent: str = "ann", **body: Any) -> None:
        """An agent's act by the bridge's API."""
        method = "DELETE" if path.startswith("participants/") else "POST"
        url = f"{self._url}/api/calls/{self.root}/{path}"
        async with self._http.request(method, url, json={"identity": agent, **body}) as answer:
            if answer.status != 204:
                raise RuntimeError(await answer.text())

    def sid_of(self, address: str) -> str:
        """The newest leg to an address."""
        return next(leg.sid for leg in reversed(self.twilio.account.calls.values()) if leg.to == address)

    async def counted(self, done: Callable[[], Awaitable[None]]) -> Count:
        """What an act took."""
        before = self.count
        await done()
        await self.settled()
        return {name: value - before[name] for name, value in self.count.items()}

    async def settled(self) -> None:
        """Back when nothing has come for a while."""
        last, since = self.count, asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - since < QUIET_SECONDS:
            await asyncio.sleep(0.05)
            if self.count != last:
                last, since = self.count, asyncio.get_running_loop().time()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Counter]:
    """A bridge between two sandboxes."""
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(twilio_sandbox())
        twenty = await stack.enter_async_context(twenty_sandbox())
        (folder / "config.yaml").write_text(CONFIG)
        # The bridge asks by way of a counting proxy.
        counter: Counter

        async def passes(request: web.Request) -> web.Response:
            counter.requests += 1
            body = await request.read()
            headers = {n: v for n, v in request.headers.items() if n in {"Authorization", "Content-Type"}}
            url = f"{twilio.url}{request.path_qs}"
            async with http.request(request.method, url, data=body, headers=headers) as answer:
                return web.Response(
                    status=answer.status, body=await answer.read(), content_type=answer.content_type
                )

        proxy = web.Application()
        proxy.router.add_route("*", "/{path:.*}", passes)
        proxied = await stack.enter_async_context(TestServer(proxy))
        env = environment(twilio, twenty, folder)
        env["TWILIO_API_URL"] = str(proxied.make_url("")).rstrip("/")
        settings = load(folder / "config.yaml", env_file=folder / ".env", environ=env)
        server = await stack.enter_async_context(
            TestServer(await stack.enter_async_context(open_app(settings)))
        )
        url = str(server.make_url("")).rstrip("/")
        known_to(twilio, listens_on=url)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        agents = await stack.enter_async_context(
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {WIDGET_KEY}"})
        )
        twilio.parties = dict.fromkeys((JANE, PAUL, "client:ann", "client:bob", "client:carl"), HOLDS)
        counter = Counter(twilio, url, agents)
        yield counter


async def measure() -> dict[str, Any]:
    """Each act once, in an order in which all are possible."""
    drain.quiet()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as counter:

            async def take(name: str, done: Callable[[], Awaitable[None]]) -> None:
                found.append({"act": name, **await counter.counted(done)})

            await _acts(counter, take)
    return {"acts": found}


async def _acts(
    counter: Counter, take: Callable[[str, Callable[[], Awaitable[None]]], Awaitable[None]]
) -> None:
    calls: list[asyncio.Task[Any]] = []
    bob, paul = "client:bob", PAUL

    async def begins() -> None:
        calls.append(asyncio.create_task(counter.twilio.call_from_phone(JANE)))
        await counter.settled()
        counter.root = counter.sid_of(counter.twilio.phone_number)

    async def ends(who: str) -> None:
        counter.twilio.command(counter.twilio.account.calls[counter.sid_of(who)], None)
        await calls[-1]

    await take("a call in begins, one phone rings and answers", begins)
    await take("hold (first act: the call moves)", lambda: counter.act("hold"))
    await take("resume", lambda: counter.act("resume"))
    await take("hold again", lambda: counter.act("hold"))
    await take("resume again", lambda: counter.act("resume"))
    await take("ask a colleague, who answers", lambda: counter.act("transfer", to=bob, ask=True))
    await take("swap", lambda: counter.act("transfer/swap"))
    await take("cancel", lambda: counter.act("transfer/cancel"))
    await take("add a telephone, which answers", lambda: counter.act("participants", to=paul))
    await take("remove it", lambda: counter.act(f"participants/{counter.sid_of(paul)}"))
    await take("listen", lambda: counter.act("listen", agent="carl", mode="listen"))
    await take("whisper", lambda: counter.act("listen", agent="carl", mode="whisper"))
    await take("ask again, who answers", lambda: counter.act("transfer", to=bob, ask=True))
    await take("complete", lambda: counter.act("transfer/complete"))
    await take("the colleague hangs up, the call is over", lambda: ends(bob))
    await take("another call in begins", begins)
    await take("it ends without an act", lambda: ends("client:ann"))


def show(found: dict[str, Any]) -> None:
    """A table."""
    print("| act | webhooks | REST requests | legs | participants |\n| --- | --: | --: | --: | --: |")
    for one in found["acts"]:
        told = (one[name] for name in ("webhooks", "requests", "legs", "participants"))
        print(
            f"| {one['act']} | {' | '.join(f'{value:+d}' if value < 0 else str(value) for value in told)} |"
        )


if __name__ == "__main__":
    command.run(__doc__, measure, show)
