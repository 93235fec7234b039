"""Which secret and algorithm a webhook's signature is checked with."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256

import pytest
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from tests.web.conftest import AUTH_TOKEN, FORM, PUBLIC_URL, Answer, Bridge, OpenBridge, payload

KEY_A, SECRET_A = "webhooks_sharedkey_01hzy0aaaaaaaaaaaaaaaaaaaa", "an-invented-shared-secret"
KEY_B, SECRET_B = "webhooks_sharedkey_01hzy0bbbbbbbbbbbbbbbbbbbb", "the-one-that-follows-it"
HEADER = "X-Twilio-Webhooks-Signature-Settings"
STATUS = "/twilio/status"

Sign = Callable[[str], Mapping[str, str]]


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    """With two SharedKeys, as while one is rotated."""
    return await open_bridge(twilio={"shared_keys": {KEY_A: SECRET_A, KEY_B: SECRET_B}})


async def deliver(bridge: Bridge, secret: str, algorithm: str, *settings: str) -> Answer:
    form = payload("browser-out-5-status-completed")
    signature = RequestValidator(secret).compute_signature(PUBLIC_URL + STATUS, form, algorithm)
    headers = [*FORM.items(), ("X-Twilio-Signature", signature), *((HEADER, each) for each in settings)]
    return await bridge.post(STATUS, data=form, headers=headers)


@pytest.mark.parametrize(
    ("secret", "algorithm", "settings", "status"),
    [
        (AUTH_TOKEN, "HMAC_SHA1", [], 204),
        (AUTH_TOKEN, "HMAC_SHA1", [""], 204),
        (AUTH_TOKEN, "HMAC_SHA256", [], 403),
        (AUTH_TOKEN, "HMAC_SHA256", ["algorithm=HMAC_SHA256"], 204),
        (SECRET_A, "HMAC_SHA256", [f"key={KEY_A},algorithm=HMAC_SHA256"], 204),
        (SECRET_B, "HMAC_SHA1", [f"algorithm=HMAC_SHA1, key={KEY_B}"], 204),
        (SECRET_A, "HMAC_SHA1", [], 403),
        (SECRET_A, "HMAC_SHA256", [f"key={KEY_B},algorithm=HMAC_SHA256"], 403),
        (SECRET_A, "HMAC_SHA256", [f"key={KEY_A},algorithm=HMAC_SHA1"], 403),
        (AUTH_TOKEN, "HMAC_SHA1", [f"key={KEY_A},algorithm=HMAC_SHA1"], 403),
        (AUTH_TOKEN, "HMAC_SHA1", ["key=webhooks_sharedkey_unknown,algorithm=HMAC_SHA1"], 403),
        (SECRET_A, "HMAC_SHA256", [f"key={KEY_A},algorithm=HMAC_SHA256"] * 2, 403),
    ],
)
async def test_the_header_selects_among_the_configured_secrets(
    bridge: Bridge, secret: str, algorithm: str, settings: list[str], status: int
) -> None:
    assert (await deliver(bridge, secret, algorithm, *settings)).status == status
    assert len(bridge.rows()) == (status == 204)


@pytest.mark.parametrize(
    ("settings", "reason", "key"),
    [
        (
            "key=webhooks_sharedkey_01hzz,algorithm=HMAC_SHA256",
            "TWILIO_SHARED_KEYS",
            "webhooks_sharedkey_01hzz",
        ),
        ("key=+33639980001,algorithm=HMAC_SHA256", "TWILIO_SHARED_KEYS", None),
        (f"key={KEY_A},algorithm=HMAC_SHA512", "update the bridge", KEY_A),
    ],
)
async def test_the_log_says_what_to_configure(
    bridge: Bridge, settings: str, reason: str, key: str | None
) -> None:
    with capture_logs() as logged:
        answer = await deliver(bridge, SECRET_A, "HMAC_SHA256", settings)
    assert "SHARED" not in answer.text
    [line] = [each for each in logged if each["event"] == "signature.unknown"]
    assert reason in line["reason"]
    assert line["shared_key_id"] == key


async def test_a_settings_header_without_a_key_is_logged_once_by_its_shape(bridge: Bridge) -> None:
    """Twilio's documentation does not say whether it sends one."""
    with capture_logs() as logged:
        for secret in ("a stranger's", AUTH_TOKEN, AUTH_TOKEN):
            await deliver(bridge, secret, "HMAC_SHA256", "algorithm=HMAC_SHA256,version=2")
    shapes = [each["names"] for each in logged if each["event"] == "signature.without_key"]
    assert shapes == [["algorithm", "version"]]


async def test_a_settings_header_with_a_key_is_not_logged_however_it_is_spaced(bridge: Bridge) -> None:
    with capture_logs() as logged:
        answer = await deliver(bridge, SECRET_A, "HMAC_SHA256", f"algorithm=HMAC_SHA256, key = {KEY_A}")
    assert answer.status == 204
    assert "signature.without_key" not in {each["event"] for each in logged}


@pytest.mark.parametrize("settings", [[], [""], ["algorithm=HMAC_SHA1"], ["key=,algorithm=HMAC_SHA1"]])
async def test_the_log_says_that_the_auth_token_is_missing(
    open_bridge: OpenBridge, settings: list[str]
) -> None:
    """Where every webhook was to have a SharedKey, and one has none."""
    bridge = await open_bridge(twilio={"shared_keys": {KEY_A: SECRET_A}, "auth_token": ()})
    with capture_logs() as logged:
        assert (await deliver(bridge, AUTH_TOKEN, "HMAC_SHA1", *settings)).status == 403
    [line] = [each for each in logged if each["event"] == "signature.unknown"]
    assert "TWILIO_AUTH_TOKEN" in line["reason"]
    assert (await deliver(bridge, SECRET_A, "HMAC_SHA1", f"key={KEY_A}")).status == 204


async def test_the_log_names_the_other_account_that_a_webhook_is_of(bridge: Bridge) -> None:
    other = "AC" + "f" * 32
    for account, logged_as in ((other, [other]), ("AC" + "0" * 32, []), ("AC\n" + "f" * 31, [])):
        form = payload("browser-out-5-status-completed", AccountSid=account)
        with capture_logs() as logged:
            assert (await bridge.twilio(STATUS, form, token="of that account")).status == 403
        named = [each["account_sid"] for each in logged if each["event"] == "signature.other_account"]
        assert named == logged_as


@pytest.mark.parametrize("name", ["accountId", "account_sid", "AccountSid"])
async def test_the_log_names_the_other_account_that_a_body_of_json_is_of(bridge: Bridge, name: str) -> None:
    other = "AC" + "f" * 32
    for account, logged_as in ((other, [other]), ("AC" + "0" * 32, []), ("AC\n" + "f" * 31, [])):
        body = json.dumps({"id": "1", name: account}, indent=1).encode()
        path = f"/twilio/transcripts?bodySHA256={sha256(body).hexdigest()}"
        signature = RequestValidator("of that account").compute_signature(PUBLIC_URL + path, {})
        headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature}
        with capture_logs() as logged:
            assert (await bridge.post(path, data=body, headers=headers)).status == 403
        named = [each["account_sid"] for each in logged if each["event"] == "signature.other_account"]
        assert named == logged_as
