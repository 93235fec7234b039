"""The demo's bridge: its settings, its set-up, its tokens."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from bridge.demo.process import ProcessFailed, SandboxTwenty, printed, run_to_end
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox

PUBLIC_URL = "https://phone.example.com"
WIDGET_KEY = "a-widget-key-for-the-demo"
AGENTS = ("alice", "bob")
OURS = ("TWILIO_", "TWENTY_", "BRIDGE_", "TRANSCRIPTS_", "SUMMARIES_")
CONFIG = """\
agents: {names: [alice, bob]}
# A day's calls are played in seconds.
dialling:
  {countries: [FR, GB], calls_a_minute: 100000, calls_an_hour: 100000, agent_calls_at_once: 100000,
   agent_calls_a_minute: 100000, agent_calls_an_hour: 100000,
   forwarded_a_minute: 100000, forwarded_an_hour: 100000}
server: {port: 0}
log: {json_lines: true}
"""


def config_with_models(speech_url: str) -> str:
    """Calls in are recorded, transcribed and summarised, by the sandbox's server of models."""
    return (
        "lines: {default: {recording: {inbound: true, announcement: true}}}\n"
        f"transcripts: {{engine: openai, url: '{speech_url}/v1', minimum_seconds: 1}}\n"
        f"summaries: {{url: '{speech_url}/v1', model: demo}}\n"
    )


def environment(twilio: TwilioSandbox, twenty: TwentySandbox | SandboxTwenty, folder: Path) -> dict[str, str]:
    """The settings, and nothing of what the user's own bridge is set to."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    return inherited | {
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "TWILIO_API_KEY": twilio.api_key,
        "TWILIO_API_SECRET": twilio.api_secret,
        "TWILIO_APP_SID": twilio.app_sid,
        "TWILIO_PHONE_NUMBER": twilio.phone_number,
        "TWILIO_API_URL": twilio.url,
        "TWENTY_API_URL": twenty.url,
        "TWENTY_API_TOKEN": twenty.api_key,
        "BRIDGE_PUBLIC_URL": PUBLIC_URL,
        "BRIDGE_WIDGET_KEYS": WIDGET_KEY,
        "BRIDGE_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bridge.db'}",
    }


async def set_up_twenty(env: dict[str, str], folder: Path) -> None:
    """`twenty-bridge setup twenty`."""
    status, told = await run_to_end("setup", "twenty", env=env, folder=folder)
    if status:
        raise ProcessFailed(told)


def known_to(twilio: TwilioSandbox, *, listens_on: str) -> None:
    """Twilio knows the bridge by its public URL, signs that, and finds it where it listens."""
    twilio.routes = {PUBLIC_URL: listens_on}
    twilio.voice_url = f"{PUBLIC_URL}/twilio/voice"
    twilio.status_url = f"{PUBLIC_URL}/twilio/status#rc=5&rp=all"


def config_with_phones(twilio: TwilioSandbox) -> str:
    """`config.yaml` of a bridge whose phones reach the sandbox instead of Twilio."""
    return f"{CONFIG}phone: {{signalling: 'ws://{twilio.signalling_host}'}}\n"


async def phone_links(env: Mapping[str, str], folder: Path, *, url: str) -> dict[str, str]:
    """Agent → the address of their phone, which signs a browser in, once: `twenty-bridge keys new --link`."""
    agents = [word for agent in AGENTS for word in ("--identity", agent)]
    links = json.loads(await printed("keys", "new", "--link", *agents, "--json", env=env, folder=folder))
    return {one["identity"]: one["link"].replace(PUBLIC_URL, url, 1) for one in links}


async def fetch_token(url: str, identity: str) -> str:
    """An access token, as the widget fetches it."""
    headers = {"Authorization": f"Bearer {WIDGET_KEY}"}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(f"{url}/api/twilio/token", json={"identity": identity}, headers=headers) as answer,
    ):
        token: str = (await answer.json())["token"]
        return token
