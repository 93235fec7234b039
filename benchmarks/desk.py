"""200 agents with open pages on one process: CPU and memory at rest and at ten calls a second, and how soon.

`python -m benchmarks.desk [--replicas] [--json]`. Each call rings an agent, who talks, and is over: ten
callbacks. How soon is from a callback that is sent to the event of it that a page has read. With `--replicas`
the pages are open at one replica, and the callbacks come to another one; both share a PostgreSQL.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import uvloop
from twilio.request_validator import RequestValidator

from benchmarks import command, databases
from benchmarks.machine import machine
from benchmarks.servers import AUTH_TOKEN, PUBLIC_URL, WIDGET_KEY, Server, bridge

AGENTS = 200
REST_SECONDS, BUSY_SECONDS = 10, 20
CALLS_A_SECOND = 10
HEADERS = {"Authorization": f"Bearer {WIDGET_KEY}"}
CONFIG = f"lines: {{default: {{ring: [{{agents: [{', '.join(f'agent{n}' for n in range(AGENTS))}]}}]}}}}\n"
JANE, OURS = "+33639980001", "+33159130001"
FORM = "application/x-www-form-urlencoded"
SIDS = count(1)


class Office:
    """The pages at `server`, and when each call's change was told to Twilio's side of the bridge, `told`.

    Each state of a call lasts so many seconds: a page skips one that the next has replaced already.
    """

    def __init__(self, session: aiohttp.ClientSession, server: Server, told: Server, seconds: float) -> None:
        self.session = session
        self.server = server
        self.told = told
        self.lasts = seconds
        self.sent: dict[tuple[str, str], float] = {}
        self.seconds: list[float] = []
        self.events = 0
        self.open = 0

    async def page(self, agent: str) -> None:
        """Reads an agent's events until it is cancelled."""
        url = f"{self.server.url}/api/events?identity={agent}"
        async with self.session.get(url, headers=HEADERS) as response:
            response.raise_for_status()
            self.open += 1
            async for chunk in response.content.iter_any():
                self.events += chunk.count(b"event: ")
                if b"event: call" in chunk:
                    self._heard(chunk)

    def _heard(self, chunk: bytes) -> None:
        for (sid, state), at in list(self.sent.items()):
            if f'"sid":"{sid}"'.encode() in chunk and f'"state":"{state}"'.encode() in chunk:
                self.seconds.append(time.perf_counter() - at)
                del self.sent[sid, state]

    async def twilio(self, path: str, **form: str) -> None:
        """A callback, signed."""
        signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, form)
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
        url = self.told.url + path
        async with self.session.post(url, data=urlencode(form), headers=headers) as answer:
            answer.raise_for_status()

    async def call(self, agent: str) -> None:
        """A call in that rings an agent, who takes it."""
        sid, leg = f"CA{next(SIDS):032x}", f"CA{next(SIDS):032x}"
        root = {"CallSid": sid, "From": JANE, "To": OURS, "Direction": "inbound"}
        dialled = {"CallSid": leg, "ParentCallSid": sid, "From": JANE, "To": f"client:{agent}"}
        await self.twilio("/twilio/voice", **root, CallStatus="ringing")
        for status, state in (("ringing", "ringing"), ("in-progress", "talking"), ("completed", "talked")):
            if state != "talked":
                self.sent[sid, state] = time.perf_counter()
            await self.twilio("/twilio/status?direction=inbound", **dialled, CallStatus=status)
            await asyncio.sleep(self.lasts)
        await self.twilio("/twilio/status", **root, CallStatus="completed")


async def measure(*, replicas: bool = False) -> dict[str, Any]:
    """The figures."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        more, seconds = {}, 1
        if replicas:
            more["BRIDGE_DATABASE_URL"] = stack.enter_context(databases.postgresql()).url("postgres")
            seconds = 3
        server = told = await stack.enter_async_context(bridge(folder, config=CONFIG, **more))
        if replicas:
            told = await stack.enter_async_context(bridge(folder, config=CONFIG, **more))
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        await stack.enter_async_context(session)
        return {"replicas": replicas, **await _measure(Office(session, server, told, seconds))}


async def _measure(office: Office) -> dict[str, Any]:
    server, bare = office.server, office.server.resident_mb()
    pages = [asyncio.create_task(office.page(f"agent{n}")) for n in range(AGENTS)]
    while office.open < AGENTS:
        await asyncio.sleep(0.1)
    rest = await _cpu(server, REST_SECONDS)
    rest_mb, before = server.resident_mb(), office.events
    calls: list[asyncio.Task[None]] = []

    async def ring() -> None:
        for number in range(BUSY_SECONDS * CALLS_A_SECOND):
            calls.append(asyncio.create_task(office.call(f"agent{number % AGENTS}")))
            await asyncio.sleep(1 / CALLS_A_SECOND)

    busy, _ = await asyncio.gather(_cpu(server, BUSY_SECONDS), ring())
    await asyncio.gather(*calls)
    for page in pages:
        page.cancel()
    await asyncio.gather(*pages, return_exceptions=True)
    return {
        "machine": machine(),
        "agents": AGENTS,
        "rest": {"cpu_percent": rest, "mb": rest_mb, "mb_of_the_streams": rest_mb - bare},
        "busy": {
            "cpu_percent": busy,
            "mb": server.resident_mb(),
            "events_a_second": (office.events - before) / BUSY_SECONDS,
            "p50_ms": 1000 * statistics.median(office.seconds),
            "p99_ms": 1000 * statistics.quantiles(office.seconds, n=100)[98],
            "measured": len(office.seconds),
            "missing": len(office.sent),
        },
    }


async def _cpu(server: Server, seconds: float) -> float:
    """Percent of one core."""
    began, spent = time.perf_counter(), server.cpu_seconds()
    await asyncio.sleep(seconds)
    return 100 * (server.cpu_seconds() - spent) / (time.perf_counter() - began)


def show(found: dict[str, Any]) -> None:
    """A table."""
    rest, busy = found["rest"], found["busy"]
    where = "; callbacks come to another replica" if found["replicas"] else ""
    print(f"{found['agents']} agents with open pages{where}")
    print(f"at rest          {rest['cpu_percent']:5.1f} % of a core, {rest['mb']:.0f} MB")
    print(f"10 calls/s       {busy['cpu_percent']:5.1f} % of a core, {busy['mb']:.0f} MB")
    print(f"callback → page  p50 {busy['p50_ms']:.0f} ms, p99 {busy['p99_ms']:.0f} ms")
    print(f"events           {busy['events_a_second']:.0f} a second; {busy['missing']} missing")


if __name__ == "__main__":
    asked = command.parser(__doc__)
    asked.add_argument("--replicas", action="store_true")
    given = asked.parse_args()
    command.tell(uvloop.run(measure(replicas=given.replicas)), show, as_json=given.json)
