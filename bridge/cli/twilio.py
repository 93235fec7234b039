"""`twilio …` lists what the Twilio account has."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from bridge.cli.options import AsJson, ConfigFile
from bridge.cli.terminal import show
from bridge.settings.load import load_as
from bridge.settings.parts import TwilioPart
from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.account import AccountRest, open_account

app = typer.Typer(help="Look into the Twilio account.", no_args_is_help=True, add_completion=False)

T = TypeVar("T")


@app.command()
def apps(config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """List the TwiML Apps, and where their calls go."""
    twilio = load_as(TwilioPart, config).twilio
    rows = [
        {
            "sid": one.sid,
            "name": one.friendly_name,
            "ours": one.sid == twilio.app_sid,
            "voice": one.urls.voice_url or None,
            "fallback": one.urls.voice_fallback_url or None,
            "status": one.urls.status_callback or None,
        }
        for one in _ask(twilio, AccountRest.applications)
    ]
    show(rows, as_json=as_json, nothing="The account has no TwiML App.")


@app.command()
def numbers(config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """List the numbers, and who answers them."""
    twilio = load_as(TwilioPart, config).twilio
    rows = [
        {
            "number": number.phone_number,
            "sid": number.sid,
            "ours": bool(twilio.app_sid) and number.voice_application_sid == twilio.app_sid,
            "application": number.voice_application_sid,
            "voice": number.voice_url,
        }
        for number in _ask(twilio, AccountRest.numbers)
    ]
    show(rows, as_json=as_json, nothing="The account has no number.")


@app.command()
def keys(config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """List the API keys; Twilio shows their secrets only when it makes them."""
    twilio = load_as(TwilioPart, config).twilio
    rows = [
        {"sid": key.sid, "name": key.friendly_name, "ours": key.sid == twilio.api_key}
        for key in _ask(twilio, AccountRest.keys)
    ]
    show(rows, as_json=as_json, nothing="The account has no API key.")


def _ask(twilio: TwilioAccount, what: Callable[[AccountRest], Awaitable[T]]) -> T:
    async def asked() -> T:
        async with open_account(twilio, credentials=twilio.owner_credentials) as account:
            return await what(account)

    return asyncio.run(asked())
