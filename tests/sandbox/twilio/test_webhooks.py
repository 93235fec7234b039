"""The webhooks configuration: Rules choose Settings, Settings choose how a webhook is signed and tried."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from bridge.sandbox.twilio import TwilioSandbox
from tests.sandbox.twilio.support import App, Received, basic

SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


class Account:
    """The account's webhooks configuration over HTTP."""

    def __init__(self, sandbox: TwilioSandbox, session: aiohttp.ClientSession) -> None:
        self._sandbox = sandbox
        self._session = session

    async def ask(self, method: str, path: str, **body: object) -> tuple[int, Any]:
        headers = basic(self._sandbox.api_key, self._sandbox.api_secret)
        url = f"{self._sandbox.url}/v1/Webhooks/{path}"
        async with self._session.request(method, url, headers=headers, json=body or None) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else None

    async def make(self, path: str, **body: object) -> Any:
        status, made = await self.ask("POST", path, **body)
        assert status in {201, 202}, made
        return made

    async def signing(self, algorithm: str = "HMAC_SHA256", **more: object) -> tuple[Any, Any]:
        """A new SharedKey, and a Setting that signs with it."""
        key = await self.make("SharedKeys", friendlyName="ours")
        signature = {"type": "SHARED_KEY", "sharedKeyId": key["id"], "algorithm": algorithm}
        return key, await self.make("Settings", friendlyName="ours", auth={}, signature=signature, **more)


@pytest.fixture
async def account(sandbox: TwilioSandbox) -> AsyncIterator[Account]:
    async with aiohttp.ClientSession() as session:
        yield Account(sandbox, session)


async def voice_request(app: App, sandbox: TwilioSandbox) -> Received:
    """The voice request of a new call."""
    app.received.clear()
    await sandbox.call_from_phone("+33639980001")
    return app.received[0]


def is_signed(app: App, request: Received, secret: str, algorithm: str) -> bool:
    signature = request.headers["X-Twilio-Signature"]
    validator = RequestValidator(secret)
    return bool(validator.validate(f"{app.url}/voice", request.params, signature, algorithm))


async def test_without_rules_the_auth_token_signs(app: App, sandbox: TwilioSandbox) -> None:
    request = await voice_request(app, sandbox)
    assert SETTINGS not in request.headers
    assert is_signed(app, request, sandbox.auth_token, "HMAC_SHA1")


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
async def test_a_rule_signs_with_its_shared_key(
    app: App, sandbox: TwilioSandbox, account: Account, algorithm: str
) -> None:
    key, setting = await account.signing(algorithm)
    shares = [{"settingId": setting["id"], "percentage": 100}]
    await account.make("Rules", matchType="PREFIX_MATCH", prefix=f"{app.url}/", settings=shares)
    request = await voice_request(app, sandbox)
    assert request.headers[SETTINGS] == f"key={key['id']},algorithm={algorithm}"
    assert is_signed(app, request, key["secret"], algorithm)


async def test_the_longest_match_applies_and_an_exact_one_before_all(
    app: App, sandbox: TwilioSandbox, account: Account
) -> None:
    made = {}
    for name, match in {
        "default": {"matchType": "DEFAULT"},
        "prefix": {"matchType": "PREFIX_MATCH", "prefix": f"{app.url}/"},
        "exact": {"matchType": "EXACT_MATCH", "value": f"{app.url}/voice"},
    }.items():
        key, setting = await account.signing()
        shares = [{"settingId": setting["id"], "percentage": 100}]
        made[name] = key["id"], (await account.make("Rules", **match, settings=shares))["rule"]["id"]
    for name in ("exact", "prefix", "default"):
        key_id, rule_id = made[name]
        assert key_id in (await voice_request(app, sandbox)).headers[SETTINGS]
        assert (await account.ask("DELETE", f"Rules/{rule_id}"))[0] == 202
    assert SETTINGS not in (await voice_request(app, sandbox)).headers


async def test_a_split_uses_both_settings(app: App, sandbox: TwilioSandbox, account: Account) -> None:
    made = [await account.signing() for _ in range(2)]
    shares = [{"settingId": setting["id"], "percentage": 50} for _, setting in made]
    await account.make("Rules", matchType="DEFAULT", settings=shares)
    used = {(await voice_request(app, sandbox)).headers[SETTINGS] for _ in range(4)}
    assert len(used) == 2


async def test_a_setting_beats_the_retries_of_the_url(
    app: App, sandbox: TwilioSandbox, account: Account
) -> None:
    """Its default is to try once."""
    _, setting = await account.signing()
    rule = {"matchType": "DEFAULT", "settings": [{"settingId": setting["id"], "percentage": 100}]}
    sandbox.voice_url = f"{app.url}/voice#rc=3&rp=all"
    app.on("/voice", web.Response(status=500))
    await voice_request(app, sandbox)
    assert len(app.received) == 4
    await account.make("Rules", **rule)
    await voice_request(app, sandbox)
    assert len(app.received) == 1
    retries = {"retryPolicy": {"retryCount": 2, "retryOn": ["HTTP_5XX"]}}
    _, patient = await account.signing(connection=retries)
    [listed] = (await account.ask("GET", "Rules"))[1]["rules"]
    shares = [{"settingId": patient["id"], "percentage": 100}]
    assert (await account.ask("PATCH", f"Rules/{listed['id']}", settings=shares))[0] == 202
    await voice_request(app, sandbox)
    assert len(app.received) == 3


async def test_what_is_in_use_is_not_deleted(sandbox: TwilioSandbox, account: Account) -> None:
    key, setting = await account.signing()
    shares = [{"settingId": setting["id"], "percentage": 100}]
    rule = (await account.make("Rules", matchType="DEFAULT", settings=shares))["rule"]
    for path, status in [
        (f"SharedKeys/{key['id']}", 409),
        (f"Settings/{setting['id']}", 409),
        (f"Rules/{rule['id']}", 202),
        (f"Settings/{setting['id']}", 204),
        (f"SharedKeys/{key['id']}", 204),
        (f"SharedKeys/{key['id']}", 404),
    ]:
        assert (await account.ask("DELETE", path))[0] == status


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("SharedKeys", {"name": "ours"}, 59000),
        ("Settings", {"friendlyName": "ours"}, 59000),
        ("Settings", {"auth": {}, "signature": {"type": "SHARED_KEY", "sharedKeyId": "unknown"}}, 59000),
        ("Settings", {"auth": {}, "signature": {"type": "SHARED_KEY", "algorithm": "HMAC_MD5"}}, 59000),
        ("Settings", {"auth": {}, "connection": {"readTimeoutMs": 15_001}}, 59000),
        ("Rules", {"matchType": "SUFFIX", "settings": []}, 59000),
        ("Rules", {"matchType": "DEFAULT", "settings": [{"settingId": "unknown"}]}, 59000),
    ],
)
async def test_what_the_api_refuses(account: Account, path: str, body: dict[str, Any], code: int) -> None:
    status, problem = await account.ask("POST", path, **body)
    assert (status, problem["code"]) == (400, code)


@pytest.mark.parametrize(
    ("match", "status"),
    [
        ({"matchType": "EXACT_MATCH", "value": "https://bridge.example.com/twilio/status"}, 202),
        ({"matchType": "EXACT_MATCH", "value": "https://bridge.example.com/twilio/"}, 400),
        ({"matchType": "PREFIX_MATCH", "prefix": "https://bridge.example.com/twilio/"}, 202),
        ({"matchType": "PREFIX_MATCH", "prefix": "https://bridge.example.com/twilio"}, 400),
        ({"matchType": "PREFIX_MATCH", "value": "https://bridge.example.com/twilio/"}, 400),
    ],
)
async def test_what_a_rule_matches(account: Account, match: dict[str, str], status: int) -> None:
    _, setting = await account.signing()
    shares = [{"settingId": setting["id"], "percentage": 100}]
    assert (await account.ask("POST", "Rules", **match, settings=shares))[0] == status
    again = await account.ask("POST", "Rules", **match, settings=shares)
    assert again[0] == (409 if status == 202 else status)
    short = [{"settingId": setting["id"], "percentage": 99}]
    assert (await account.ask("POST", "Rules", matchType="DEFAULT", settings=short))[0] == 400


async def test_lists_come_in_pages(sandbox: TwilioSandbox, account: Account) -> None:
    made = {(await account.make("SharedKeys", friendlyName=str(number)))["id"] for number in range(50)}
    status, problem = await account.ask("POST", "SharedKeys", friendlyName="one more")
    assert (status, problem["code"]) == (400, 59200)
    listed, token = set(), "0"
    while token:
        page = (await account.ask("GET", f"SharedKeys?pageSize=20&pageToken={token}"))[1]
        listed |= {key["id"] for key in page["sharedKeys"]}
        token = page["meta"]["nextToken"]
        assert not any("secret" in key for key in page["sharedKeys"])
    assert listed == made
