"""What only the account's owner asks of Twilio: its applications, numbers, keys and permissions."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bridge.settings.systems import TWILIO, TwilioAccount
from bridge.twilio.rest.client import PAUSES
from bridge.twilio.rest.http import Http
from bridge.twilio.rest.library import load_client
from bridge.twilio.rest.owned import Application, Country, Key, NewKey, Number, VoiceUrls


class AccountRest:
    """The account; made by `open_account`. Every method raises TwilioError."""

    def __init__(self, library: Any, account_sid: str) -> None:
        self._library = library
        self._account_sid = account_sid

    async def standing(self) -> tuple[str, str]:
        """Its status (`active`, `suspended`, `closed`) and type (`Full`, `Trial`)."""
        account = await self._library.api.accounts(self._account_sid).fetch_async()
        return str(account.status), str(account.type)

    async def applications(self) -> list[Application]:
        """All TwiML Apps."""
        return [Application.of(one) for one in await self._library.applications.list_async()]

    async def create_application(self, name: str, urls: VoiceUrls) -> Application:
        """A new TwiML App."""
        made = await self._library.applications.create_async(friendly_name=name, **urls.as_parameters())
        return Application.of(made)

    async def update_application(self, sid: str, urls: VoiceUrls) -> None:
        """Has an application's calls come here."""
        await self._library.applications(sid).update_async(**urls.as_parameters())

    async def numbers(self) -> list[Number]:
        """The numbers that the account owns."""
        return [Number.of(one) for one in await self._library.incoming_phone_numbers.list_async()]

    async def verified_numbers(self) -> list[str]:
        """Numbers (E.164) that the account does not own, and may show: its verified caller IDs.

        https://www.twilio.com/docs/voice/api/outgoing-caller-ids
        """
        return [one.phone_number for one in await self._library.outgoing_caller_ids.list_async()]

    async def attach(self, number_sid: str, application_sid: str) -> None:
        """Has calls to a number go to an application, whatever its own voice URL says."""
        await self._library.incoming_phone_numbers(number_sid).update_async(
            voice_application_sid=application_sid
        )

    async def keys(self) -> list[Key]:
        """The API keys, without their secrets."""
        return [Key(one.sid, one.friendly_name or "") for one in await self._library.keys.list_async()]

    async def create_key(self, name: str) -> NewKey:
        """A new API key of type Standard, with the secret that Twilio shows this once."""
        made = await self._library.new_keys.create_async(friendly_name=name)
        return NewKey(made.sid, made.secret)

    async def delete_key(self, sid: str) -> None:
        """Tokens that it signed are worth nothing any more."""
        await self._library.keys(sid).delete_async()

    async def countries(self) -> list[Country]:
        """Which countries the account may call: its voice geographic permissions."""
        listed = await self._library.voice.v1.dialing_permissions.countries.list_async(page_size=1000)
        return [Country.of(one) for one in listed]


@asynccontextmanager
async def open_account(
    settings: TwilioAccount,
    *,
    login: str | None = None,
    password: str | None = None,
    pauses: Sequence[float] = PAUSES,
) -> AsyncIterator[AccountRest]:
    """The account, by its SID and auth token unless an API key's SID and secret are given."""
    login, password = login or settings.account_sid, password or settings.auth_token[0].get_secret_value()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        http = Http(session, seconds=settings.timeout_seconds, pauses=pauses)
        library = await load_client(settings, login=login, password=password, http=http)
        library.voice.base_url = _voice_url(settings.api_url)
        yield AccountRest(library, settings.account_sid)


def _voice_url(api_url: str) -> str:
    """Where the API of the permissions is: `api.twilio.com` has neighbours, another server has all."""
    return TWILIO.replace("api.", "voice.") if api_url == TWILIO else api_url
