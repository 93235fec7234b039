"""The bridge between the two sandboxes, all in one process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from pytest_aiohttp import AiohttpClient

from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.settings import Settings
from bridge.wiring.application import open_app
from tests.support import twenty_settings, twilio_settings
from tests.web.conftest import KEY, PUBLIC_URL, settings_with


@dataclass(frozen=True)
class House:
    """The bridge at `url`, its public URL being another, and those whom it stands between."""

    url: str
    settings: Settings
    twilio: TwilioSandbox
    twenty: TwentySandbox
    session: ClientSession

    async def act(self, sid: str, action: str, /, **body: object) -> tuple[int, dict[str, Any]]:
        """What the widget of an agent asks for: the answer's status and JSON."""
        headers = {"Authorization": f"Bearer {KEY}"}
        url = f"{self.url}/api/calls/{sid}/{action}"
        async with self.session.post(url, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if await answer.read() else {}

    async def open(self, link: str, method: str = "GET", **headers: str) -> tuple[ClientResponse, bytes]:
        """What a browser gets that opens a link of the bridge's: the answer and its body."""
        url = link.replace(PUBLIC_URL, self.url)
        async with self.session.request(method, url, headers=headers, allow_redirects=False) as answer:
            return answer, await answer.read()


@pytest.fixture(params=[OLDEST, NEWEST])
def generation(request: pytest.FixtureRequest) -> str:
    """The oldest Twenty and the newest."""
    return str(request.param)


OpenReplica = Callable[[House], Awaitable[House]]
OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(
    twenty: TwentySandbox, tmp_path: Path, aiohttp_client: AiohttpClient
) -> AsyncIterator[OpenHouse]:
    """`await open_house(voice={…}, …)`: with these sections changed."""
    async with AsyncExitStack() as stack:

        async def call(**sections: Mapping[str, object]) -> House:
            twilio = await stack.enter_async_context(twilio_sandbox())
            known = {
                "twilio": twilio_settings(twilio).model_dump(),
                "twenty": twenty_settings(twenty).model_dump(),
                "agents": {"names": ("alice", "bob", "carol")},
                "voice": {"language": "en-US"},
            }
            changed = {
                name: {**known.get(name, {}), **sections.get(name, {})} for name in {*known, *sections}
            }
            settings = settings_with(changed, tmp_path / "bridge.db")
            url = await _serve(settings, stack, aiohttp_client)
            twilio.routes = {PUBLIC_URL: url}
            twilio.voice_url = f"{PUBLIC_URL}/twilio/voice"
            twilio.status_url = f"{PUBLIC_URL}/twilio/status#rc=5&rp=all"
            return House(url, settings, twilio, twenty, await stack.enter_async_context(ClientSession()))

        yield call


async def _serve(settings: Settings, stack: AsyncExitStack, aiohttp_client: AiohttpClient) -> str:
    client = await aiohttp_client(await stack.enter_async_context(open_app(settings)))
    stack.push_async_callback(client.close)
    return str(client.make_url("")).rstrip("/")


@pytest.fixture
async def open_replica(aiohttp_client: AiohttpClient) -> AsyncIterator[OpenReplica]:
    """`await open_replica(house)`: another process on the same database."""
    async with AsyncExitStack() as stack:

        async def call(house: House) -> House:
            return replace(house, url=await _serve(house.settings, stack, aiohttp_client))

        yield call


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """As it comes."""
    return await open_house()
