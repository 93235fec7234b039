"""The sandbox fails as a Twenty can, when told to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twenty import NEWEST, Faults, TwentySandbox

Ask = Callable[..., Awaitable[Any]]

PEOPLE = "{people {totalCount}}"
CREATE = "mutation ($d: [NoteCreateInput!]!) {createNotes(data: $d) {title}}"
CONTROL = "/sandbox/faults"


async def test_down_drops_every_connection(sandbox: TwentySandbox, ask: Ask) -> None:
    sandbox.faults.down = True
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(PEOPLE)
    sandbox.faults.down = False
    assert (await ask(PEOPLE))["data"] == {"people": {"totalCount": 0}}


async def test_slow_answers_later_than_a_client_waits(
    sandbox: TwentySandbox, session: aiohttp.ClientSession
) -> None:
    sandbox.faults.slow_seconds = 60
    with pytest.raises(asyncio.TimeoutError):
        await session.get(sandbox.url + "/healthz", timeout=aiohttp.ClientTimeout(total=0.05))


async def test_a_status_is_answered_to_everything(
    sandbox: TwentySandbox, session: aiohttp.ClientSession
) -> None:
    sandbox.faults.status = 502
    async with session.post(sandbox.url + "/graphql", json={"query": PEOPLE}) as answer:
        assert answer.status == 502


async def test_cut_breaks_off_an_answer_whose_work_was_done(sandbox: TwentySandbox, ask: Ask) -> None:
    sandbox.faults.cut = True
    with pytest.raises(aiohttp.ClientError):
        await ask(CREATE, d=[{"title": "kept"}])
    sandbox.faults.cut = False
    assert (await ask("{notes {totalCount}}"))["data"]["notes"]["totalCount"] == 1


async def test_late_writes_are_done_after_others_have_read(sandbox: TwentySandbox, ask: Ask) -> None:
    count = "{notes {totalCount}}"
    sandbox.faults.late_writes_seconds = 0.05
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(CREATE, d=[{"title": "late"}])
    assert (await ask(count))["data"]["notes"]["totalCount"] == 0
    async with asyncio.timeout(30):
        while (await ask(count))["data"]["notes"]["totalCount"] == 0:
            pass


async def test_over_limit_refuses_keys_and_not_users(sandbox: TwentySandbox, ask: Ask) -> None:
    sandbox.faults.over_limit = True
    assert (await ask(PEOPLE))["errors"][0]["extensions"]["subCode"] == "LIMIT_REACHED"
    assert "errors" not in await ask(PEOPLE, token=sandbox.user_token)


@pytest.mark.parametrize("generation", [NEWEST])
async def test_the_second_rate_limit_says_how_long_to_wait(sandbox: TwentySandbox, ask: Ask) -> None:
    sandbox.faults.over_limit = True
    (refused,) = (await ask(PEOPLE))["errors"]
    assert refused["message"] == "Rate limit exceeded for apiKey: 100 requests per 60s."
    scope = refused["extensions"].pop("scope")
    assert scope["spenderType"] == "apiKey"
    assert refused["extensions"] == {
        "code": "RATE_LIMITED",
        "subCode": "RATE_LIMITED",
        "userFriendlyMessage": "Rate limit reached. Please try again later.",
        "limitKind": "speed",
        "limit": 100,
        "remaining": 0,
        "windowSeconds": 60,
        "retryAfterMs": 600,
    }


async def test_an_exhausted_quota_refuses_new_records_and_nothing_else(
    sandbox: TwentySandbox, ask: Ask
) -> None:
    sandbox.faults.quota_exhausted = True
    for token in (sandbox.api_key, sandbox.user_token):
        refused = await ask(CREATE, token=token, d=[{"title": "one too many"}])
        assert refused["errors"][0]["extensions"]["code"] == "QUOTA_EXHAUSTED"
    assert "errors" not in await ask(PEOPLE)
    sandbox.faults.quota_exhausted = False
    assert "errors" not in await ask(CREATE, d=[{"title": "one more"}])


async def test_a_revoked_key_is_told_so(sandbox: TwentySandbox, ask: Ask) -> None:
    sandbox.faults.key_revoked = True
    answer = await ask(PEOPLE)
    assert answer["errors"][0]["message"] == "This API Key is revoked"
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_one_poisonous_record_refuses_its_batch(sandbox: TwentySandbox, ask: Ask) -> None:
    sandbox.faults.poison = "belladonna"
    batch = [{"title": "harmless"}, {"title": "a belladonna"}]
    assert (await ask(CREATE, d=batch))["errors"][0]["extensions"]["subCode"] == "INVALID_ARGS_DATA"
    assert (await ask("{notes {totalCount}}"))["data"]["notes"]["totalCount"] == 0
    assert "errors" not in await ask(CREATE, d=batch[:1])


async def test_switches_over_http(sandbox: TwentySandbox, session: aiohttp.ClientSession) -> None:
    async with session.post(sandbox.url + CONTROL, json={"down": True, "slow_seconds": 0.0}) as answer:
        assert (await answer.json())["down"] is True
    async with session.delete(sandbox.url + CONTROL) as answer:
        assert (await answer.json())["down"] is False
    async with session.post(sandbox.url + CONTROL, json={"dwon": True}) as answer:
        assert (answer.status, await answer.json()) == (400, {"error": "no such fault: dwon"})
    assert sandbox.faults == Faults()


async def test_a_request_without_a_query_is_never_answered(
    sandbox: TwentySandbox, session: aiohttp.ClientSession
) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await session.post(sandbox.url + "/graphql", json={}, timeout=aiohttp.ClientTimeout(total=0.05))
