"""`setup twilio` and `twilio …`, as they are typed."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dotenv import dotenv_values
from typer.testing import CliRunner, Result

from bridge.cli import app
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.webhooks import Rule, Setting, SharedKey

PUBLIC = "https://phone.example.com"


@pytest.fixture
async def twilio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwilioSandbox]:
    """A fresh account; here is a `.env` with its SID and token."""
    monkeypatch.chdir(tmp_path)
    async with twilio_sandbox() as sandbox:
        sandbox.account.applications.clear()
        sandbox.account.keys.clear()
        Path(".env").write_text(
            f"# mine\nTWILIO_ACCOUNT_SID={sandbox.account_sid}\nTWILIO_AUTH_TOKEN={sandbox.auth_token}\n"
            f"TWILIO_APP_SID=\nTWILIO_API_URL={sandbox.url}\nBRIDGE_PUBLIC_URL={PUBLIC}\nOTHER=1\n"
        )
        yield sandbox


async def typed(*words: str, answers: str = "") -> Result:
    # In a thread, as the command runs an event loop of its own.
    return await asyncio.to_thread(CliRunner().invoke, app, words, input=answers)


async def test_a_fresh_account_is_prepared(twilio: TwilioSandbox) -> None:
    done = await typed("setup", "twilio", answers="y\n")
    assert done.exit_code == 0, done.output
    kept = dotenv_values(".env")
    key = twilio.account.keys[kept["TWILIO_API_KEY"] or ""]
    assert kept["TWILIO_API_SECRET"] == key.secret
    assert key.secret not in done.output
    application = twilio.account.applications[kept["TWILIO_APP_SID"] or ""]
    assert application.voice_url == f"{PUBLIC}/twilio/voice"
    assert kept["TWILIO_PHONE_NUMBER"] == twilio.phone_number
    number = twilio.account.find_number(twilio.phone_number)
    assert number
    assert number.voice_application_sid == application.sid
    assert kept["OTHER"] == "1"
    text = Path(".env").read_text()
    assert text.startswith("# mine\n")
    assert text.count("TWILIO_APP_SID") == 1
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert "has to be restarted" in done.output
    again = await typed("setup", "twilio")
    assert again.output.strip() == "Nothing to do: the account has all that the bridge needs."


async def test_the_plan_is_told_in_the_operator_s_language(twilio: TwilioSandbox) -> None:
    done = await typed("--language", "fr", "setup", "twilio", answers="o\n")
    assert done.exit_code == 0, done.output
    for line in (
        "- créer la TwiML App « twenty-twilio-bridge »",
        f"    adresse voice : {PUBLIC}/twilio/voice",
        "- créer la clé d'API « twenty-twilio-bridge » ; son secret va dans .env",
        f"- rattacher {twilio.phone_number} à la TwiML App « twenty-twilio-bridge »",
        "fait : créer la TwiML App « twenty-twilio-bridge »",
    ):
        assert line in done.output.splitlines()


async def test_a_rule_that_matches_our_urls_is_named(twilio: TwilioSandbox) -> None:
    webhooks = twilio.account.webhooks
    key = SharedKey()
    setting = Setting(shared_key_id=key.id)
    webhooks.shared_keys[key.id], webhooks.settings[setting.id] = key, setting
    settings = [(setting.id, 100)]
    webhooks.rules["1"] = Rule(
        match_type="PREFIX_MATCH", match=f"{PUBLIC}/", settings=settings, friendly_name="all"
    )
    done = await typed("setup", "twilio", "--dry-run")
    assert f"Rule “all” signs with {key.id}, which is not configured" in done.output
    assert "TWILIO_SHARED_KEYS" in done.output


@pytest.mark.parametrize(("words", "answers"), [(["--dry-run"], ""), ([], "n\n"), ([], "")])
async def test_nothing_is_changed_unasked(twilio: TwilioSandbox, words: list[str], answers: str) -> None:
    before = Path(".env").read_text()
    done = await typed("setup", "twilio", *words, answers=answers)
    assert "create the TwiML App" in done.output
    assert Path(".env").read_text() == before
    assert not twilio.account.applications
    assert not twilio.account.keys
    assert (done.exit_code == 0) == (words == ["--dry-run"])


async def test_a_secret_that_cannot_be_kept_is_not_made(twilio: TwilioSandbox) -> None:
    Path(".env").rename("env")
    Path(".env").symlink_to("/proc/self/status")
    environment = {k: v or "" for k, v in dotenv_values("env").items()}
    done = await asyncio.to_thread(CliRunner().invoke, app, ["setup", "twilio", "--yes"], env=environment)
    assert done.exit_code != 0
    assert not twilio.account.keys


async def test_a_key_that_twilio_does_not_know_is_replaced(twilio: TwilioSandbox) -> None:
    text = Path(".env").read_text()
    Path(".env").write_text(f"{text}TWILIO_API_KEY=SK{'0' * 32}\nTWILIO_API_SECRET=lost\n")
    assert (await typed("setup", "twilio", "--yes")).exit_code == 0
    assert dotenv_values(".env")["TWILIO_API_KEY"] in twilio.account.keys


async def test_wrong_credentials_are_a_sentence(twilio: TwilioSandbox) -> None:
    twilio.auth_token = "another"
    done = await typed("setup", "twilio")
    assert "Twilio denies it" in str(done.exception)


async def test_what_the_account_has(twilio: TwilioSandbox) -> None:
    assert "no TwiML App" in (await typed("twilio", "apps")).output
    await typed("setup", "twilio", "--yes")
    (listed,) = json.loads((await typed("twilio", "apps", "--json")).output)
    assert (listed["ours"], listed["voice"]) == (True, f"{PUBLIC}/twilio/voice")
    (number,) = json.loads((await typed("twilio", "numbers", "--json")).output)
    assert (number["ours"], number["number"]) == (True, twilio.phone_number)
    table = (await typed("twilio", "keys")).output
    assert "twenty-twilio-bridge" in table
    assert next(iter(twilio.account.keys.values())).secret not in table
