"""docs/how-to/rotation.md: each secret that can be rotated is, while people call, and nothing is refused."""

import asyncio
import hmac
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from bridge.demo.bridge import PUBLIC_URL, WIDGET_KEY, fetch_token, known_to
from bridge.demo.process import BridgeProcess, run_to_end
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from bridge.sandbox.twilio.account import Key
from bridge.sandbox.twilio.webhooks import Rule, Setting, SharedKey
from bridge.settings.variables import SECRETS
from tests.e2e.test_calls import until_finished
from tests.support import phone_calls, until

JANE = "+33612345678"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "rotation.md"


def test_the_page_has_every_secret() -> None:
    page = PAGE.read_text()
    assert {
        name for name in {*SECRETS, "BRIDGE_DATABASE_URL", "auth.keys"} if f"`{name}`" not in page
    } == set()


async def restart(bridge: BridgeProcess, twilio: TwilioSandbox, changes: Mapping[str, str]) -> None:
    """With other secrets."""
    await bridge.stop()
    bridge.env = {**bridge.env, **changes}
    await bridge.start()
    known_to(twilio, listens_on=bridge.url)


async def is_taken(twilio: TwilioSandbox, token: str) -> str:
    """A call out, of which everything that Twilio tells is taken; its SID."""
    call = await twilio.call_from_token(token, JANE)
    assert [sent.status_code for sent in call.deliveries if sent.status_code not in (200, 204)] == []
    assert call.errors == []
    return call.sid


async def test_auth_token(bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    twilio.parties[JANE] = Party.answers(talks=30)
    old, new = twilio.auth_token, "an-invented-secondary-token"
    before = await fetch_token(bridge.url, "alice")
    calls = {await is_taken(twilio, before)}
    await restart(bridge, twilio, {"TWILIO_AUTH_TOKEN": f"{new},{old}"})
    between = await fetch_token(bridge.url, "alice")
    calls |= {await is_taken(twilio, before), await is_taken(twilio, between)}
    twilio.promote(new)
    calls |= {await is_taken(twilio, before), await is_taken(twilio, between)}
    await restart(bridge, twilio, {"TWILIO_AUTH_TOKEN": new})
    calls |= {await is_taken(twilio, between)}
    shown = await until_finished(twenty, calls)
    assert {shown[sid]["status"] for sid in calls} == {"COMPLETED"}
    # A proof that the old one made is none any more: that is what the page says of a leak.
    refused = await twilio.call_from_token(before, JANE)
    assert (await until_finished(twenty, {refused.sid}))[refused.sid]["status"] == "FAILED"


async def test_api_key(bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    twilio.parties[JANE] = Party.answers(talks=30)
    before = await fetch_token(bridge.url, "alice")
    key, secret = "SK" + "7" * 32, "an invented secret of thirty-two characters"
    twilio.account.keys[key] = Key(key, secret, "twenty-twilio-bridge")
    await restart(bridge, twilio, {"TWILIO_API_KEY": key, "TWILIO_API_SECRET": secret})
    after = await fetch_token(bridge.url, "alice")
    calls = {await is_taken(twilio, before), await is_taken(twilio, after)}
    del twilio.account.keys[twilio.api_key]
    calls.add(await is_taken(twilio, after))
    assert {one["status"] for one in (await until_finished(twenty, calls)).values()} == {"COMPLETED"}


def sign_all_with(twilio: TwilioSandbox, *settings: Setting) -> None:
    """A Rule for every webhook, which splits them between these Settings."""
    webhooks = twilio.account.webhooks
    webhooks.settings.update({setting.id: setting for setting in settings})
    shares = [(setting.id, 100 // len(settings)) for setting in settings]
    webhooks.rules["ours"] = Rule(match_type="DEFAULT", settings=shares)


async def test_shared_keys(bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    """From the auth token to a SharedKey, to another, and no auth token is left."""
    twilio.parties[JANE] = Party.answers(talks=30)
    keys = [SharedKey(), SharedKey()]
    twilio.account.webhooks.shared_keys.update({key.id: key for key in keys})
    a, b = (
        Setting(shared_key_id=key.id, algorithm=algorithm, retry_count=5, retry_on=("ALL",))
        for key, algorithm in zip(keys, ("HMAC_SHA256", "HMAC_SHA1"), strict=True)
    )
    pair_a, pair_b = (f"{key.id}={key.secret}" for key in keys)
    await restart(bridge, twilio, {"TWILIO_SHARED_KEYS": pair_a})
    token = await fetch_token(bridge.url, "alice")
    calls = {await is_taken(twilio, token)}
    sign_all_with(twilio, a)
    calls.add(await is_taken(twilio, token))
    await restart(bridge, twilio, {"TWILIO_SHARED_KEYS": f"{pair_b},{pair_a}"})
    for settings in ((a,), (a, b), (b,)):
        sign_all_with(twilio, *settings)
        calls.add(await is_taken(twilio, token))
    await restart(bridge, twilio, {"TWILIO_SHARED_KEYS": pair_b, "TWILIO_AUTH_TOKEN": ""})
    calls.add(await is_taken(twilio, await fetch_token(bridge.url, "alice")))
    assert {one["status"] for one in (await until_finished(twenty, calls)).values()} == {"COMPLETED"}


async def test_credentials_of_the_rest_api(bridge: BridgeProcess, twilio: TwilioSandbox) -> None:
    """From the API key to a restricted one, its successor, an OAuth app and its second secret.

    Webhooks do not depend on it.
    """
    twilio.parties[JANE] = Party.answers(talks=30)
    token = await fetch_token(bridge.url, "alice")
    changes: list[dict[str, str]] = []
    for digit in "78":
        key = Key("SK" + digit * 32, f"secret {digit}", allow=frozenset({"/twilio/voice/calls/list"}))
        twilio.account.keys[key.sid] = key
        changes.append({"TWILIO_REST_API_KEY": key.sid, "TWILIO_REST_API_SECRET": key.secret})
    client = "OQ0123456789abcdef"
    changes.extend(
        {"TWILIO_CLIENT_ID": client, "TWILIO_CLIENT_SECRET": secret}
        for secret in ("the first secret", "the second secret")
    )
    for change in changes:
        if secret := change.get("TWILIO_CLIENT_SECRET"):
            twilio.account.oauth.apps[client] = secret
        await restart(bridge, twilio, change)
        await is_taken(twilio, token)
        assert (await run_to_end("doctor", "twilio.rest", env=bridge.env, folder=bridge.folder))[0] == 0


async def test_link_keys(bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    old, new = "an-invented-old-link-key", "an-invented-new-link-key"
    config = bridge.folder / "config.yaml"
    config.write_text(f"{config.read_text()}lines: {{default: {{recording: {{outbound: true}}}}}}\n")
    twilio.parties[JANE] = Party.answers(talks=30)
    await restart(bridge, twilio, {"BRIDGE_LINK_KEYS": old})
    sid = await is_taken(twilio, await fetch_token(bridge.url, "alice"))
    link = await recording_link(twenty, sid)
    assert await answer(bridge, link) == 200
    await restart(bridge, twilio, {"BRIDGE_LINK_KEYS": f"{new},{old}"})
    assert await answer(bridge, link) == 200
    await restart(bridge, twilio, {"BRIDGE_LINK_KEYS": new})
    assert await answer(bridge, link) == 403
    # `calls retry` writes a call with a new link.
    assert await run_to_end("calls", "retry", sid, env=bridge.env, folder=bridge.folder) == (0, "")
    assert await answer(bridge, await recording_link(twenty, sid, but=link)) == 200


async def recording_link(twenty: TwentySandbox, sid: str, *, but: str = "") -> str:
    """As it stands in Twenty, once it does, and is another one than before."""

    async def stands() -> str:
        link = str((await phone_calls(twenty))[sid]["recording"]["primaryLinkUrl"] or "")
        assert link not in ("", but)
        return link

    return await until(stands, KeyError, AssertionError)


async def answer(bridge: BridgeProcess, link: str) -> int:
    """Of the bridge, for a link to it."""
    url = link.replace(PUBLIC_URL, bridge.url)
    async with aiohttp.ClientSession() as session, session.get(url) as answered:
        return answered.status


async def test_twentys_key(bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox) -> None:
    """One that Twenty refuses costs no call, and a good one writes what was kept."""
    twilio.parties[JANE] = Party.answers(talks=30)
    good = bridge.env["TWENTY_API_TOKEN"]
    token = await fetch_token(bridge.url, "alice")
    await restart(bridge, twilio, {"TWENTY_API_TOKEN": "a.key.that-was-deleted"})
    sid = await is_taken(twilio, token)

    async def waits() -> None:
        async with aiohttp.ClientSession() as session, session.get(f"{bridge.url}/ready") as answered:
            assert (await answered.json())["reasons"] == ["twenty.unauthenticated"]

    await until(waits, AssertionError)
    await restart(bridge, twilio, {"TWENTY_API_TOKEN": good})
    assert (await until_finished(twenty, {sid}))[sid]["status"] == "COMPLETED"


async def test_widget_keys(bridge: BridgeProcess, twilio: TwilioSandbox) -> None:
    new = "another-invented-widget-key"
    await restart(bridge, twilio, {"BRIDGE_WIDGET_KEYS": f"{new},{WIDGET_KEY}"})
    before = await fetch_token(bridge.url, "alice")
    await restart(bridge, twilio, {"BRIDGE_WIDGET_KEYS": new})
    async with aiohttp.ClientSession() as session:
        for key, status in ((new, 200), (WIDGET_KEY, 401)):
            headers = {"Authorization": f"Bearer {key}"}
            async with session.post(
                f"{bridge.url}/api/twilio/token", json={"identity": "alice"}, headers=headers
            ) as answered:
                assert answered.status == status
    # A token that the old key got holds until it ends.
    await is_taken(twilio, before)


async def delivered(bridge: BridgeProcess, secret: str) -> int:
    """The status of the answer to a delivery of Twenty's, signed with this secret."""
    body = b'{"eventName": "person.deleted", "record": {"id": "8f7fd1c4-bf2c-4c2a-a9f2-6d14ba60cbd4"}}'
    timestamp = str(int(time.time() * 1000))
    signature = hmac.digest(secret.encode(), f"{timestamp}:".encode() + body, "sha256").hex()
    headers = {"X-Twenty-Webhook-Timestamp": timestamp, "X-Twenty-Webhook-Signature": signature}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bridge.url}/twenty/webhook", data=body, headers=headers) as answered,
    ):
        return answered.status


async def test_twentys_webhook_secret(bridge: BridgeProcess, twilio: TwilioSandbox) -> None:
    old, new = "an-invented-old-webhook-secret", "an-invented-new-webhook-secret"
    for secrets, taken in ((old, {old}), (f"{new},{old}", {old, new}), (new, {new})):
        await restart(bridge, twilio, {"TWENTY_WEBHOOK_SECRET": secrets})
        answers = {secret: await delivered(bridge, secret) for secret in (old, new)}
        assert answers == {secret: 204 if secret in taken else 403 for secret in (old, new)}


async def printed(bridge: BridgeProcess, *words: str) -> str:
    """What a command prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bridge", *words),
        env=bridge.env,
        cwd=bridge.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return (await process.communicate())[0].decode()


async def test_forget_key(bridge: BridgeProcess, twilio: TwilioSandbox) -> None:
    """A number that was forgotten stays so under the new key, once it was met again."""
    old, new = "an-invented-old-forget-key", "an-invented-new-forget-key"
    for keys, said in (
        (old, "1 numbers were forgotten"),
        (f"{new},{old}", "the others can go"),
        (new, "1 numbers were forgotten"),
    ):
        await restart(bridge, twilio, {"BRIDGE_FORGET_KEY": keys})
        forget = ("calls", "forget", JANE, "--yes")
        assert (await run_to_end(*forget, env=bridge.env, folder=bridge.folder))[0] == 0
        found = await printed(bridge, "doctor", "--json", "database.forgotten")
        assert said in found
