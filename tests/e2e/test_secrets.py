"""No secret of a run is read in its log, its database or its answers."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from bridge.demo.bridge import CONFIG, PUBLIC_URL, environment, known_to
from bridge.demo.process import BridgeProcess, run_to_end
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from bridge.settings.variables import ENVIRONMENT, SECRETS
from tests.cli.support import typed_in
from tests.support import BOUND, create_person, phone_calls, until
from tests.web.conftest import payload

JANE = "+33612345678"
OLD_TOKEN = "5ec2e7-auth-token-before-the-last-one"
SHARED_KEYS = {f"webhooks_sharedkey_01h{n}": f"5ec2e7-shared-key-{n}-that-signs-webhooks" for n in "ab"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Run:
    """A bridge whose every secret can be recognised, and all that it says."""

    bridge: BridgeProcess
    log: Path
    secrets: set[str]
    answers: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, **more: object) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.bridge.url + path, **more) as answer,  # type: ignore[arg-type]
        ):
            text = await answer.text()
        self.answers.append(f"{answer.status} {dict(answer.headers)} {text}")
        return text


@pytest.fixture
async def run(twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path) -> AsyncIterator[Run]:
    folder, log = tmp_path / "bridge", tmp_path / "log"
    folder.mkdir()
    folder.joinpath("config.yaml").write_text(CONFIG.replace("log: {", "log: {level: debug, "))
    known = environment(twilio, twenty, folder)
    invented = {name: f"5ec2e7-{name.lower()}-that-nobody-reads" for name in SECRETS - known.keys()}
    invented["BRIDGE_ALERT_WEBHOOK_URL"] = "http://127.0.0.1:1/5ec2e7-where-alerts-are-posted"
    invented["BRIDGE_ALERT_WEBHOOK_SECRET"] = f"whsec_{b64encode(b'5ec2e7-signs-the-alerts-of-it').decode()}"
    env = {**known, **invented, "BRIDGE_WIDGET_KEYS": "5ec2e7-first-widget-key,5ec2e7-second-widget-key"}
    env["TWILIO_AUTH_TOKEN"] = f"{twilio.auth_token},{OLD_TOKEN}"
    secrets = {part for name in SECRETS for part in env[name].split(",")}
    env |= {"TWILIO_REST_API_KEY": "SK" + "5" * 32, "TWILIO_CLIENT_ID": "OQ5ec2e7"}
    twilio.account.oauth.apps[env["TWILIO_CLIENT_ID"]] = env["TWILIO_CLIENT_SECRET"]
    # Of a pair id=secret the id is none: the log names it.
    env["TWILIO_SHARED_KEYS"] = ",".join(f"{key}={secret}" for key, secret in SHARED_KEYS.items())
    secrets |= set(SHARED_KEYS.values())
    bridge = BridgeProcess(env, folder, log=log)
    try:
        await bridge.start()
        known_to(twilio, listens_on=bridge.url)
        yield Run(bridge, log, secrets)
    finally:
        await bridge.stop()


async def test_no_secret_is_read_anywhere(run: Run, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    tokens = await issued(run)
    await calls(run, twilio, twenty, tokens[0])
    await mistakes(run)
    await outage(run, twilio, twenty)
    status = await run.bridge.stop()
    files = [run.log, *run.bridge.folder.glob("bridge.db*")]
    said = "\n".join([*(path.read_text(errors="replace") for path in files), *run.answers])
    assert status == 0
    assert "bridge.stopped" in said
    assert {secret for secret in run.secrets if secret in said} == set()
    # Of access tokens, only the answer that they were asked for with tells.
    logged = "\n".join(path.read_text(errors="replace") for path in files)
    assert [token for token in tokens if token in logged] == []
    assert JANE not in run.log.read_text()


async def issued(run: Run) -> list[str]:
    """Access tokens; with each key."""
    keys = run.bridge.env["BRIDGE_WIDGET_KEYS"].split(",")
    headers = [{"Authorization": f"Bearer {key}"} for key in keys]
    told = [await run.ask("POST", "/token", json={"identity": "alice"}, headers=h) for h in headers]
    return [json.loads(text)["token"] for text in told]


async def calls(run: Run, twilio: TwilioSandbox, twenty: TwentySandbox, token: str) -> None:
    """Out, in, and refused; with the old Auth Token, too."""
    twilio.parties[JANE] = Party.answers(talks=60)
    played = await twilio.call_from_token(token, JANE)
    await twilio.call_from_browser("alice", "12")
    form = payload("browser-out-5-status-completed")
    signature = RequestValidator(OLD_TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/status", form)
    run.secrets.add(signature)
    headers = {**FORM, "X-Twilio-Signature": signature}
    assert await run.ask("POST", "/twilio/status", data=urlencode(form), headers=headers) == ""

    async def shown() -> None:
        assert (await phone_calls(twenty))[played.sid]["status"] == "COMPLETED"

    await until(shown, KeyError, AssertionError)


async def mistakes(run: Run) -> None:
    """Every secret where it does not belong."""
    for secret in sorted(run.secrets):
        headers = {"Authorization": f"Basic {secret}", "Cookie": f"tokenPair={secret}", "Origin": secret}
        safe = quote(secret, safe="")
        await run.ask("POST", f"/token?key={safe}", json={"identity": secret}, headers=headers)
        await run.ask("GET", f"/{safe}/nothing")
        await run.ask("GET", f"/api/callers/{safe}", headers=headers)
        await run.ask("POST", f"/twilio/status?token={safe}", data=f"CallSid={safe}", headers=FORM)
        await run.ask("PUT", "/token", data=secret)
        signed = {**FORM, "X-Twilio-Signature": secret}
        await run.ask("POST", "/twilio/voice", data=urlencode({"CallSid": secret}), headers=signed)


async def outage(run: Run, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    """Twenty is away, then does not know the key any more."""
    twenty.faults.down = True
    await twilio.call_from_browser("alice", JANE)

    async def told() -> None:
        assert "twenty." in await run.ask("GET", "/ready")

    await until(told, AssertionError)
    twenty.faults.clear()


@pytest.mark.parametrize("name", sorted({*SECRETS, "BRIDGE_DATABASE_URL"}))
async def test_settings_that_do_not_hold_tell_no_secret(
    name: str, twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    """Neither where the value is wrong, nor where something else is."""
    wrong = "mysql://user:5ec2e7@host/" if name == "BRIDGE_DATABASE_URL" else "5ec2e7"
    env = {**environment(twilio, twenty, tmp_path), name: wrong, "TWILIO_APP_SID": "", "BRIDGE_PORT": "x"}
    told = str((await typed_in(tmp_path, "serve", env=env)).exception)
    assert ("TWILIO_APP_SID" in told, "5ec2e7" in told) == (True, False)


async def test_a_database_that_cannot_be_reached_tells_no_password(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    url = "postgresql+asyncpg://bridge:5ec2e7-pa%2Fss@127.0.0.1:1/bridge"
    env = {**environment(twilio, twenty, tmp_path), "BRIDGE_DATABASE_URL": url}
    async with asyncio.timeout(BOUND):
        status, told = await run_to_end("serve", env=env, folder=tmp_path)
    assert status != 0
    assert "5ec2e7" not in told


def test_every_secret_is_one_of_the_environment() -> None:
    assert ENVIRONMENT.keys() >= SECRETS
