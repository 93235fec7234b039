"""Every operation of `openapi.yaml` refuses what is hostile, by its name, and changes nothing then.

What is sent is made from the specification: a new route is tried as soon as it is described there.
"""

import asyncio
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from multidict import CIMultiDict

from bridge.sandbox.twenty import twenty_sandbox
from bridge.sandbox.twilio import twilio_sandbox
from bridge.web.authentication.keys import hashed
from tests.support import BOUND, eventually
from tests.web.conftest import (
    API_SECRET,
    AUTH_TOKEN,
    KEY,
    OLD_TOKEN,
    Answer,
    Bridge,
    conforms,
    opened,
    payload,
    specified,
)
from tests.web.hostile import everywhere
from tests.web.hostile.everywhere import OPERATIONS, Asking
from tests.web.hostile.recordings import LINK_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRETS = (AUTH_TOKEN, OLD_TOKEN, API_SECRET, KEY, everywhere.WEBHOOK_SECRET, LINK_KEY)
OF_HTTP = {400, 404, 405, 417}
"""Answers to what is not HTTP, or to no route; no operation has them by itself."""
NOT_IN = {"/api/sign-out"}
"""Who has a key of the settings cannot sign out."""
TOLD = """
    select 'c', kind || ' ' || root_sid || hex(digest) from callbacks
    union all select 'r', hex(digest) from transcript_results
    union all select 's', hex(link_digest) || hex(ifnull(key_digest, '')) from sign_ins
    union all select 'a', identity || ifnull(status, '') || ifnull(until, '') || ifnull(seen_at, '')
      from agent_states
"""
"""What senders told; the worker's columns and leases are not of it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bridge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    """With all that a setting turns on, and a call of Alice's."""
    operators = [{"name": f"o{n}", "hash": hashed(key)} for n, key in enumerate(everywhere.OPERATORS)]
    keys = [{"name": f"k{n}", "hash": hashed(key)} for n, key in enumerate(everywhere.KEYS)]
    many = dict.fromkeys(("agent_calls_at_once", "agent_calls_a_minute", "agent_calls_an_hour"), 100_000)
    async with (
        twenty_sandbox(provisioned=True, rate_limit=False) as twenty,
        twilio_sandbox(auth_token=AUTH_TOKEN, api_secret=API_SECRET) as twilio,
        opened(
            tmp_path_factory.mktemp("everywhere"),
            server={"trusted_proxies": ["127.0.0.1"]},
            twenty={
                "api_url": twenty.url,
                "api_token": twenty.api_key,
                "webhook_secret": (everywhere.WEBHOOK_SECRET,),
            },
            twilio={"account_sid": twilio.account_sid, "api_key": twilio.api_key, "api_url": twilio.url},
            transcripts={"webhook": True},
            agents={"names": (everywhere.AGENT, "bob", everywhere.SUPERVISOR)},
            auth={"keys": [*keys, *({**key, "status": True} for key in operators)]},
            phone={"search": "keys", "supervisors": (everywhere.SUPERVISOR,)},
            dialling=many,
            recordings={"link_keys": (LINK_KEY,)},
        ) as bridge,
    ):
        agent = f"client:{everywhere.AGENT}"
        placed = payload("browser-out-1-voice-request", CallSid=everywhere.SID, From=agent)
        assert (await bridge.twilio("/twilio/voice", placed)).status == 200
        await eventually(lambda: len(bridge.rows()) == 1)
        yield bridge


@dataclass
class Wire:
    """One connection for many requests, whose bytes no HTTP client changes."""

    port: int
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, asking: Asking) -> Answer:
        """The answer; on a new connection where the bridge has closed the one before."""
        sent = asking.encoded()
        while True:
            is_new = self._streams is None
            reader, writer = self._streams = self._streams or await asyncio.open_connection(
                "127.0.0.1", self.port
            )
            writer.write(sent)
            try:
                async with asyncio.timeout(BOUND):
                    return await self._read(reader, asking.method)
            except (asyncio.IncompleteReadError, ConnectionError):
                await self.aclose()
                if is_new:
                    raise

    async def _read(self, reader: asyncio.StreamReader, method: str) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = CIMultiDict((name, value) for name, _, value in (line.partition(": ") for line in lines))
        status, sized = int(first.split()[1]), headers.get("Content-Length")
        body = await reader.readexactly(int(sized or 0) if method != "HEAD" else 0)
        if headers.get("Connection") == "close" or (sized is None and status == 200):
            # The stream of events has no end of its own.
            await self.aclose()
        return Answer(status, headers, body.decode("utf-8", "replace"))

    async def aclose(self) -> None:
        """Closes the connection."""
        if self._streams:
            self._streams[1].close()
        self._streams = None


@dataclass
class Told:
    """What is in the database; read again where another connection has written."""

    connection: sqlite3.Connection
    _version: int = -1
    _rows: frozenset[tuple[str, str]] = frozenset()

    def now(self) -> frozenset[tuple[str, str]]:
        (version,) = self.connection.execute("pragma data_version").fetchone()
        if version != self._version:
            self._rows = frozenset(self.connection.execute(TOLD))
            self._version = version
        return self._rows


def is_of(asking: Asking, row: tuple[str, str]) -> bool:
    """Not of another call that began before: TwiML is answered before that is stored."""
    kind, _, rest = row[1].partition(" ")
    return kind not in {"voice", "refused"} or rest[:34].encode() in asking.body


def is_specified(asking: Asking, answer: Answer) -> None:
    path = asking.path.decode("latin-1")
    operation = specified(path).get(asking.method.lower())
    if operation is None or str(answer.status) not in operation["responses"]:
        assert answer.status in OF_HTTP
        assert asking.method == "HEAD" or answer.json["status"] == answer.status
    elif asking.method != "HEAD" and not (path.startswith("/phone") and answer.status == 200):
        # Those answers have no body, or one of many types.
        conforms(asking.method, path, answer)


def is_told_why(asking: Asking, answer: Answer) -> None:
    """The reason is for people: short, of visible characters, with the name of what is wrong.

    A page for browsers has nothing of the request in it.
    """
    if asking.method == "HEAD" or answer.content_type == "text/html":
        return
    detail = answer.json["detail"]
    assert 0 < len(detail) < 300
    assert not [character for character in detail if unicodedata.category(character) in {"Cc", "Cf", "Cs"}]
    if asking.must_refuse and asking.route.startswith("/api/"):
        # What is not JSON at all has a line and a column instead.
        assert asking.must_refuse in detail or re.search(r"JSON: .*line 1,? column \d", detail)


async def assert_held(told: Told, wire: Wire, asking: Asking) -> int:
    """The status, where the answer is one that may be given."""
    before = told.now()
    answer = await wire.ask(asking)
    # A busy machine is no failure: 503 is what says so.
    assert answer.status < 500 or (answer.status == 503 and "Retry-After" in answer.headers), answer
    is_specified(asking, answer)
    seen = f"{list(answer.headers.items())}{answer.text}"
    assert not [secret for secret in SECRETS if secret in seen]
    assert "Traceback" not in seen
    assert "X-Injected" not in answer.headers
    if answer.status >= 400:
        is_told_why(asking, answer)
        if answer.status == 503:
            # It can be stored all the same, as the database did not answer in time.
            await all_is_stored(wire)
        # Where the call's state refuses it, the agent's wish can be stored by then.
        elif answer.status != 409:
            assert not [row for row in told.now() ^ before if is_of(asking, row)]
    else:
        # What Twilio and Twenty say of more than the bridge needs is taken as it comes.
        assert not asking.must_refuse or asking.route.startswith(("/twilio/", "/twenty/")), answer
    return answer.status


async def all_is_stored(wire: Wire) -> None:
    """The one writer of the inbox commits in the order of arrival: a call of now is stored last."""
    async with asyncio.timeout(BOUND):
        while (await wire.ask(everywhere.plain("POST", "/twilio/status").ready())).status != 204:
            pass


async def tried(bridge: Bridge, *, whole: bool) -> Counter[int]:
    """How often which status was answered, by all operations."""
    statuses = Counter[int]()
    with closing(sqlite3.connect(bridge.database)) as connection:
        told = Told(connection)
        async with aclosing(Wire(bridge.client.port or 0)) as wire:
            for operation in OPERATIONS:
                for each in everywhere.requests_to(*operation, whole=whole):
                    asking = each.ready()
                    with says_what(asking):
                        statuses[await assert_held(told, wire, asking)] += 1
                assert (await wire.ask(everywhere.plain("GET", "/health"))).status == 200
    return statuses


@contextmanager
def says_what(asking: Asking) -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        problem.add_note(f"{asking.method} {asking.route}, {asking.place}: {asking.encoded()[:2_000]!r}")
        raise


async def test_who_is_hostile_is_the_right_sender(bridge: Bridge) -> None:
    """Else all that follows would only be refused to a stranger."""
    async with aclosing(Wire(bridge.client.port or 0)) as wire:
        for method, route in OPERATIONS:
            answer = await wire.ask(everywhere.plain(method, route).ready())
            assert answer.status not in {400, 401, 403, 415} or route in NOT_IN, (method, route, answer)


async def test_what_is_hostile_is_refused_by_name_and_changes_nothing(bridge: Bridge) -> None:
    statuses = await tried(bridge, whole=False)
    # Values that a route does not use, or takes as text, are no reason to refuse.
    assert statuses[400] > 100
    assert statuses[429] == 0


@pytest.mark.slow
async def test_all_that_is_hostile_is_refused_by_name_and_changes_nothing(bridge: Bridge) -> None:
    await tried(bridge, whole=True)


async def test_every_route_is_described(bridge: Bridge) -> None:
    there = {
        (route.method, re.sub(r":[^}]*", "", route.resource.canonical))
        for route in bridge.app.router.routes()
        if route.resource and route.method != "OPTIONS"
    }
    assert there - {("HEAD", "/phone/{path}"), ("HEAD", "/phone")} == set(OPERATIONS)
