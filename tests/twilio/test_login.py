"""How the bridge logs in to the REST API: by an API key, a restricted one, or OAuth."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bridge.errors import TwilioDenied, TwilioRefused, TwilioUnavailable
from bridge.sandbox.twilio import TwilioSandbox
from bridge.sandbox.twilio.account import Key
from bridge.settings import TwilioSettings
from bridge.twilio.rest import open_rest
from bridge.twilio.rest.account import open_account
from bridge.twilio.rest.http import Http
from bridge.twilio.rest.login import BasicLogin, OAuthLogin, neighbour
from bridge.twilio.rest.media import open_media
from bridge.wiring.twilio import open_account as opened_account
from tests.support import twilio_settings
from tests.web.conftest import settings_with

CLIENT_ID, CLIENT_SECRET = "OQ0123456789abcdef", "an-invented-client-secret"


def by_oauth(twilio: TwilioSandbox, **more: object) -> TwilioSettings:
    """Without an auth token, and with an API key that opens nothing by itself."""
    twilio.account.oauth.apps[CLIENT_ID] = CLIENT_SECRET
    return twilio_settings(
        twilio,
        **{
            "auth_token": (),
            "shared_keys": {"webhooks_sharedkey_1": "secret"},
            "api_secret": "only signs access tokens",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            **more,
        },
    )


async def test_by_oauth_one_token_serves_all_requests_that_wait(twilio: TwilioSandbox) -> None:
    async with open_account(by_oauth(twilio)) as account:
        found = await asyncio.gather(*(account.applications() for _ in range(5)))
    assert [len(each) for each in found] == [1] * 5
    assert twilio.account.oauth.fetched == 1


async def test_a_token_is_renewed_before_it_ends(twilio: TwilioSandbox) -> None:
    twilio.account.oauth.life_seconds = 1
    async with open_account(by_oauth(twilio)) as account:
        ends = asyncio.get_running_loop().time() + 1.5
        while asyncio.get_running_loop().time() < ends:
            await account.state()
    assert twilio.account.oauth.fetched in {2, 3}


async def test_a_token_that_was_revoked_is_replaced_at_once(twilio: TwilioSandbox) -> None:
    async with open_account(by_oauth(twilio)) as account:
        for _ in range(2):
            await account.state()
            twilio.account.oauth.revoke()
    assert twilio.account.oauth.fetched == 2


async def test_a_refused_client_is_named_and_its_secret_is_not(twilio: TwilioSandbox) -> None:
    async with open_account(by_oauth(twilio, client_secret="another-secret")) as account:
        with pytest.raises(TwilioDenied, match="TWILIO_CLIENT_ID") as denied:
            await account.state()
    assert "another-secret" not in str(denied.value)


async def test_the_library_leaves_logging_alone(twilio: TwilioSandbox) -> None:
    before = list(logging.getLogger().handlers), logging.getLogger().level
    async with open_rest(by_oauth(twilio)) as rest:
        assert [call async for call in rest.calls()] == []
    assert (list(logging.getLogger().handlers), logging.getLogger().level) == before


async def test_media_come_by_oauth_too(twilio: TwilioSandbox) -> None:
    twilio.rest.media_auth = True
    async with open_media(by_oauth(twilio), hosts=()) as media:
        for _ in range(2):
            with pytest.raises(TwilioRefused):
                async with media.open("RE" + "0" * 32, method="GET", headers={}):
                    pass
            twilio.account.oauth.revoke()


async def test_one_token_serves_all_clients_of_the_bridge(twilio: TwilioSandbox, tmp_path: Path) -> None:
    twilio.rest.media_auth = True
    account = {name: getattr(by_oauth(twilio), name) for name in TwilioSettings.model_fields}
    async with opened_account(settings_with({"twilio": account}, tmp_path / "bridge.db")) as opened:

        async def listen() -> None:
            with pytest.raises(TwilioRefused):
                async with opened.media.open("RE" + "0" * 32, method="GET", headers={}):
                    pass

        async def ask() -> None:
            assert [call async for call in opened.rest.calls()] == []

        await asyncio.gather(*(act() for act in (listen, ask, listen, ask)))
    assert twilio.account.oauth.fetched == 1


@asynccontextmanager
async def answering(
    *answers: web.Response, seconds: float = 5
) -> AsyncIterator[tuple[OAuthLogin, list[web.Request]]]:
    """An OAuth server that gives these answers in their order, the last one for ever."""
    asked: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request)
        answer = answers[min(len(asked), len(answers)) - 1]
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    app = web.Application()
    app.router.add_post("/v2/token", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v2/token"
    try:
        async with aiohttp.ClientSession() as session:
            login = OAuthLogin(session, client_id=CLIENT_ID, secret=CLIENT_SECRET, url=url, seconds=seconds)
            yield login, asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=503),
        web.Response(text="<html>maintenance</html>", content_type="text/html"),
        web.json_response(["not an object"]),
        web.json_response({"expires_in": 3600}),
        web.json_response({"access_token": "a\r\nX-Injected: 1"}),
        web.json_response({"access_token": ""}),
        web.Response(status=302),
    ],
)
async def test_an_oauth_server_in_trouble_is_asked_once_for_all_and_again_later(answer: web.Response) -> None:
    good = web.json_response({"access_token": "good", "expires_in": None})
    async with answering(answer, good) as (login, asked):
        first = await asyncio.gather(*(login.authorization() for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in first] == [TwilioUnavailable] * 3
        assert await login.authorization() == await login.authorization() == "Bearer good"
    assert len(asked) == 2


async def test_a_token_that_holds_is_used_while_the_oauth_server_is_away() -> None:
    """It was to be renewed before its end, so there is time left."""
    short = web.json_response({"access_token": "good", "expires_in": 2})
    async with answering(short, web.Response(status=503)) as (login, asked):
        while len(asked) < 2:
            assert await login.authorization() == "Bearer good"
        assert await login.authorization() == "Bearer good"
        assert len(asked) == 2
        assert login.renew("Bearer good")
        with pytest.raises(TwilioUnavailable):
            await login.authorization()


async def test_an_oauth_server_that_does_not_answer_is_given_up() -> None:
    async with answering(web.json_response({}), seconds=0.000001) as (login, _):
        with pytest.raises(TwilioUnavailable, match="cannot be reached"):
            await login.authorization()


async def test_a_request_that_is_given_up_leaves_the_others_their_token() -> None:
    """Neither its own end nor an earlier failure is theirs."""
    good = web.json_response({"access_token": "good", "expires_in": 3600})
    async with answering(web.Response(status=503), good) as (login, asked):
        with pytest.raises(TwilioUnavailable):
            await login.authorization()
        first, second = (asyncio.ensure_future(login.authorization()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "Bearer good"
        with pytest.raises(asyncio.CancelledError):
            await first
    assert len(asked) <= 3


async def test_a_restricted_key_does_what_it_may(twilio: TwilioSandbox) -> None:
    key = Key("SK" + "8" * 32, "restricted", allow=frozenset({"/twilio/voice/twiml.apps/list"}))
    twilio.account.keys[key.sid] = key
    settings = twilio_settings(twilio, rest_api_key=key.sid, rest_api_secret=key.secret)
    async with open_account(settings) as account:
        assert len(await account.applications()) == 1
        with pytest.raises(TwilioDenied, match="/twilio/phone-numbers/active-numbers/list") as denied:
            await account.numbers()
    assert denied.value.number == 70051


async def test_basic_credentials_are_not_tried_twice(twilio: TwilioSandbox) -> None:
    login = BasicLogin("name", "password")
    assert not login.renew(await login.authorization())
    async with aiohttp.ClientSession() as session:
        http = Http(session, login, seconds=5, pauses=())
        with pytest.raises(TwilioDenied):
            await http.request("GET", f"{twilio.url}/2010-04-01/Accounts/{twilio.account_sid}.json")


@pytest.mark.parametrize(
    ("api_url", "expected"),
    [
        ("https://api.twilio.com", "https://oauth.twilio.com"),
        ("https://api.dublin.ie1.twilio.com", "https://oauth.dublin.ie1.twilio.com"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("https://api.example.com", "https://api.example.com"),
    ],
)
def test_where_the_neighbours_of_the_api_are(api_url: str, expected: str) -> None:
    assert neighbour(api_url, "oauth") == expected
