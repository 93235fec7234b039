"""A sandbox for each test, and how to ask it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def sandbox(generation: str) -> AsyncIterator[TwentySandbox]:
    async with twenty_sandbox(provisioned=True, generation=generation) as sandbox:
        yield sandbox


@pytest.fixture
def asker(session: aiohttp.ClientSession) -> Callable[[TwentySandbox], Ask]:
    """Makes `ask` for a sandbox: `await ask(query, to="/metadata", token=…, variable=…)`.

    The administrator's key is shown unless there is another token; None shows nothing.
    """

    def for_sandbox(sandbox: TwentySandbox) -> Ask:
        async def ask(query: str, *, to: str = "/graphql", token: str | None = "", **variables: Any) -> Any:
            shown = sandbox.api_key if token == "" else token
            headers = {"Authorization": f"Bearer {shown}"} if shown else {}
            body = {"query": query, "variables": variables}
            async with session.post(sandbox.url + to, json=body, headers=headers) as answer:
                assert answer.status == 200
                return await answer.json()

        return ask

    return for_sandbox


@pytest.fixture
def ask(asker: Callable[[TwentySandbox], Ask], sandbox: TwentySandbox) -> Ask:
    return asker(sandbox)
