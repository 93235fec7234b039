"""What another server answers is bounded for each of the bridge's clients, and leads nowhere else."""

import ast
import gzip
import json
import math
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.errors import TwentyFailed, TwentyUnavailable, TwilioUnavailable
from bridge.network.client import CHUNK, LARGEST_ANSWER, body_upto, open_session
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.settings import TwentySettings, TwilioSettings
from bridge.twenty.client.client import open_client
from bridge.twenty.people.members import workspace_members
from bridge.twenty.people.search import open_search
from bridge.twenty.users.credentials import Credentials
from bridge.twenty.users.verification import open_verification
from bridge.twilio.rest import open_rest
from tests.support import twilio_settings

BRIDGE = Path(__file__).parents[2] / "bridge"
KEY = "a-key-of-the-bridge"
USER = Credentials({"Authorization": "Bearer a-users-token"}, math.inf, "a-users-token")

BOMB = gzip.compress(b'{"data": "' + bytes(8 * LARGEST_ANSWER) + b'"}', compresslevel=1)
UNPACKED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioSandbox]:
    """Whose account the settings name."""
    async with twilio_sandbox() as sandbox:
        yield sandbox


@dataclass
class Hostile:
    """A server that answers every request with one answer, and stores what it was sent."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    seen: list[web.BaseRequest] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.seen.append(request)
        return web.Response(status=self.status, headers=self.headers, body=self.body)


@asynccontextmanager
async def serving(hostile: Hostile, host: str = "127.0.0.1") -> AsyncIterator[Hostile]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hostile.answer)
    async with TestServer(app, host=host) as server:
        hostile.url = str(server.make_url("")).rstrip("/")
        yield hostile


def of_twenty(url: str) -> TwentySettings:
    return TwentySettings.model_validate({"api_url": url, "api_token": KEY, "timeout_seconds": 20})


async def of_records(url: str) -> None:
    async with open_client(of_twenty(url)) as client:
        await client.execute("FindPeople", filter={}, first=1)


async def of_schema(url: str) -> None:
    async with open_client(of_twenty(url)) as client:
        await client.execute_metadata("CurrentWorkspace")


async def of_users(url: str) -> None:
    async with open_client(of_twenty(url)) as client, open_verification(of_twenty(url), client) as users:
        await users.user(USER)


async def of_searches(url: str) -> None:
    async with open_client(of_twenty(url)) as client:
        settings = of_twenty(url)
        async with open_search(settings, client, region="FR") as search:
            await search.search("Jane", limit=1, user=USER)


Asks = Callable[[str], Awaitable[None]]
OF_TWENTY = [of_records, of_schema, of_users, of_searches]


BY_OAUTH = {"client_id": "OQ1", "client_secret": "s" * 20}


def of_twilio(twilio: TwilioSandbox, url: str, **more: Any) -> TwilioSettings:
    return twilio_settings(twilio, **{"api_url": url, **more})


@pytest.mark.parametrize("ask", OF_TWENTY)
async def test_an_answer_of_twentys_that_unpacks_to_too_much_is_left(ask: Asks) -> None:
    async with serving(Hostile(headers=UNPACKED, body=BOMB)) as hostile:
        tracemalloc.start()
        # It may be of one record: the others are written.
        with pytest.raises(TwentyFailed, match="larger than 16 MiB"):
            await ask(hostile.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3 * LARGEST_ANSWER


@pytest.mark.parametrize("oauth", [False, True])
async def test_so_is_one_of_twilios(twilio: TwilioSandbox, *, oauth: bool) -> None:
    more = BY_OAUTH if oauth else {}
    async with (
        serving(Hostile(headers=UNPACKED, body=BOMB)) as hostile,
        open_rest(of_twilio(twilio, hostile.url, **more)) as rest,
    ):
        with pytest.raises(TwilioUnavailable, match="larger than 16 MiB"):
            await rest.call("CA" + "0" * 32)


DEEP = Hostile(headers={"Content-Type": "application/json"}, body=b"[" * 100_000)


async def test_what_is_nested_deep_is_an_answer_that_cannot_be_read(twilio: TwilioSandbox) -> None:
    async with serving(DEEP) as hostile:
        for ask in OF_TWENTY:
            with pytest.raises(TwentyUnavailable):
                await ask(hostile.url)
        for more in ({}, BY_OAUTH):
            async with open_rest(of_twilio(twilio, hostile.url, **more)) as rest:
                with pytest.raises(TwilioUnavailable):
                    await rest.call("CA" + "0" * 32)


@pytest.mark.parametrize("ask", OF_TWENTY)
@pytest.mark.parametrize("status", [307, 308, 302])
async def test_a_redirect_takes_nothing_to_another_server(ask: Asks, status: int) -> None:
    async with serving(Hostile()) as elsewhere:
        led = Hostile(status=status, headers={"Location": f"{elsewhere.url}/graphql"})
        async with serving(led) as hostile:
            with pytest.raises(TwentyUnavailable):
                await ask(hostile.url)
    assert (elsewhere.seen, len(led.seen)) == ([], 1)


async def test_the_address_of_a_next_page_is_twilios_own(twilio: TwilioSandbox) -> None:
    async with serving(Hostile()) as elsewhere:
        page = {
            "calls": [],
            "meta": {"next_page_url": f"{elsewhere.url}/2010-04-01/Accounts", "key": "calls"},
        }
        led = Hostile(headers={"Content-Type": "application/json"}, body=json.dumps(page).encode())
        async with serving(led) as hostile, open_rest(of_twilio(twilio, hostile.url)) as rest:
            with pytest.raises(TwilioUnavailable, match="another address"):
                [call async for call in rest.calls()]
    assert elsewhere.seen == []


async def test_a_page_of_twilios_that_leads_to_itself_ends(twilio: TwilioSandbox) -> None:
    path = f"/2010-04-01/Accounts/{twilio.account_sid}/Calls.json?PageSize=2&Page=1"
    page = json.dumps({"calls": [], "next_page_uri": path}).encode()
    async with (
        serving(Hostile(headers={"Content-Type": "application/json"}, body=page)) as hostile,
        open_rest(of_twilio(twilio, hostile.url)) as rest,
    ):
        with pytest.raises(TwilioUnavailable, match="without end"):
            [call async for call in rest.calls()]
    assert len(hostile.seen) == 2


async def test_a_page_that_leads_to_itself_ends() -> None:
    page = {"edges": [], "pageInfo": {"hasNextPage": True, "endCursor": "x"}, "totalCount": 0}
    answer = json.dumps({"data": {"workspaceMembers": page}}).encode()
    async with serving(Hostile(body=answer)) as hostile, open_client(of_twenty(hostile.url)) as client:
        with pytest.raises(TwentyUnavailable, match="without end"):
            await workspace_members(client)


async def test_no_parameter_of_a_content_type_is_read() -> None:
    """aiohttp looks for an encoding among them, in quadratic time."""
    async with (
        serving(Hostile()) as hostile,
        open_session() as session,
        session.get(hostile.url) as answer,
    ):
        assert answer.get_encoding() == "utf-8"
        assert await answer.json(content_type=None) == {}


async def test_the_beginning_of_a_body() -> None:
    async with (
        serving(Hostile(body=b"a" * (CHUNK + 10))) as hostile,
        open_session() as session,
        session.get(hostile.url) as answer,
    ):
        assert await body_upto(answer, CHUNK + 5) == b"a" * (CHUNK + 5)


def calls_of(name: str) -> dict[str, list[ast.Call]]:
    """Module → its calls of a class, by its name; the demo's are of its own sandboxes."""
    found: dict[str, list[ast.Call]] = {}
    for path in BRIDGE.rglob("*.py"):
        module = path.relative_to(BRIDGE).as_posix()
        if module.startswith(("sandbox/", "demo/")):
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if f"{name}(" in source else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
                found.setdefault(module, []).append(node)
    return found


def test_no_other_session_is_opened() -> None:
    assert calls_of("ClientSession").keys() == {"network/client.py"}
    transports = [call for calls in calls_of("AIOHTTPTransport").values() for call in calls]
    arguments = [{one.arg: ast.unparse(one.value) for one in call.keywords} for call in transports]
    bounds = [of_one.get("client_session_args", "none") for of_one in arguments]
    assert bounds
    assert [bound for bound in bounds if not bound.startswith("bound_to(settings.api_url")] == []
