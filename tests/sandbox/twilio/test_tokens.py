"""An access token opens a call if Twilio would let it."""

import time
from typing import Any

import jwt
import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from bridge.sandbox.twilio import TokenRefused, TwilioSandbox
from tests.sandbox.twilio.support import App

HEADERS = {"cty": "twilio-fpa;v=1"}


def library_token(sandbox: TwilioSandbox) -> str:
    token = AccessToken(sandbox.account_sid, sandbox.api_key, sandbox.api_secret, identity="agent1", ttl=600)
    grant = VoiceGrant(
        outgoing_application_sid=sandbox.app_sid, outgoing_application_params={"workspace": "w1"}
    )
    token.add_grant(grant)
    return str(token.to_jwt())


def claims(sandbox: TwilioSandbox, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    outgoing = {"application_sid": sandbox.app_sid}
    grants = {"identity": "agent1", "voice": {"outgoing": outgoing}}
    standard = {"iss": sandbox.api_key, "sub": sandbox.account_sid, "exp": now + 600, "grants": grants}
    return {name: value for name, value in {**standard, **changed}.items() if value is not None}


def signed(
    sandbox: TwilioSandbox,
    payload: dict[str, Any],
    *,
    secret: str = "",
    headers: dict[str, str] | None = None,
) -> str:
    key = secret or sandbox.api_secret
    return jwt.encode(payload, key, "HS256", headers=HEADERS if headers is None else headers)


async def test_a_token_of_the_library_opens_a_call(app: App, sandbox: TwilioSandbox) -> None:
    app.on("/voice", "<Response/>")
    token = library_token(sandbox)
    played = await sandbox.call_from_token(token, "+33612345678", parameters={"workspace": "forged"})
    [voice] = app.got("/voice")
    assert (voice["From"], voice["To"], voice["workspace"]) == ("client:agent1", "+33612345678", "w1")
    assert played.status == "completed"


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        (20103, {"iss": "SK00000000000000000000000000000000"}),
        (20103, {"sub": "AC00000000000000000000000000000000"}),
        (20104, {"exp": int(time.time()) - 1}),
        (20104, {"exp": None}),
        (20105, {"nbf": int(time.time()) + 80_000}),
        (20106, {"grants": {"identity": "agent1"}}),
        (20106, {"grants": {"voice": {"outgoing": {}}}}),
        (20157, {"exp": int(time.time()) + 200_000}),
        (21218, {"grants": {"identity": "agent1", "voice": {"incoming": {"allow": True}}}}),
        (21218, {"grants": {"identity": "a", "voice": {"outgoing": {"application_sid": "APother"}}}}),
    ],
)
async def test_claims_that_open_none(sandbox: TwilioSandbox, code: int, changed: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused) as refused:
        await sandbox.call_from_token(signed(sandbox, claims(sandbox, **changed)), "+33612345678")
    assert refused.value.code == code


async def test_forms_that_open_none(sandbox: TwilioSandbox) -> None:
    payload = claims(sandbox)
    for code, token in (
        (20101, "not.a-token"),
        (20101, "a.b.c"),
        (20102, signed(sandbox, payload, headers={})),
        (20102, jwt.encode(payload, sandbox.api_secret * 2, "HS512", headers=HEADERS)),
        (20107, signed(sandbox, payload, secret="another secret, which is as long as it must be")),
        (20107, signed(sandbox, payload)[:-8] + "AAAAAAAA"),
    ):
        with pytest.raises(TokenRefused) as refused:
            await sandbox.call_from_token(token, "+33612345678")
        assert refused.value.code == code
