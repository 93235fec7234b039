"""Lists what the Twilio account has."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bridge.cli.table import show
from bridge.settings.load import load_as
from bridge.settings.parts import TwilioPart
from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.account import AccountRest, open_account

T = TypeVar("T")


def apps(config: Path | None, *, as_json: bool) -> None:
    """The TwiML Apps; the bridge's own is marked."""
    twilio = load_as(TwilioPart, config).twilio
    rows = [
        {
            "sid": app.sid,
            "name": app.friendly_name,
            "ours": app.sid == twilio.app_sid,
            "voice": app.urls.voice_url or None,
            "fallback": app.urls.voice_fallback_url or None,
            "status": app.urls.status_callback or None,
        }
        for app in _ask(twilio, AccountRest.applications)
    ]
    show(rows, as_json=as_json, nothing="The account has no TwiML App.")


def numbers(config: Path | None, *, as_json: bool) -> None:
    """The numbers; one whose calls come here is marked."""
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


def keys(config: Path | None, *, as_json: bool) -> None:
    """The API keys; the bridge's own is marked."""
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
