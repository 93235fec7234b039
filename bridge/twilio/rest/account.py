"""The account's TwiML Apps, numbers, API keys and permissions, for set-up and doctor."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.client import PAUSES, load_client
from bridge.twilio.rest.http import Http
from bridge.twilio.rest.login import SECONDS, BasicLogin, login_of, neighbour, open_twilio
from bridge.twilio.rest.owned import (
    ApiKey,
    Application,
    Country,
    IncomingNumber,
    NewKey,
    VoiceUrls,
    WebhookRule,
    WebhookSetting,
)


class AccountRest:
    """The account; made by `open_account`. Every method raises TwilioError."""

    def __init__(self, library: Any, account_sid: str) -> None:
        self._library = library
        self._account_sid = account_sid

    async def state(self) -> tuple[str, str]:
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
        """Sets the URLs of a TwiML App."""
        await self._library.applications(sid).update_async(**urls.as_parameters())

    async def numbers(self) -> list[IncomingNumber]:
        """The numbers that the account owns."""
        return [IncomingNumber.of(one) for one in await self._library.incoming_phone_numbers.list_async()]

    async def verified_numbers(self) -> list[str]:
        """Numbers (E.164) that the account does not own, and may show: its verified caller IDs.

        https://www.twilio.com/docs/voice/api/outgoing-caller-ids
        """
        return [one.phone_number for one in await self._library.outgoing_caller_ids.list_async()]

    async def attach(self, number_sid: str, application_sid: str) -> None:
        """Routes a number's calls to an application, which takes precedence over the number's voice URL."""
        await self._library.incoming_phone_numbers(number_sid).update_async(
            voice_application_sid=application_sid
        )

    async def keys(self) -> list[ApiKey]:
        """The API keys, without their secrets."""
        return [ApiKey(one.sid, one.friendly_name or "") for one in await self._library.keys.list_async()]

    async def create_key(self, name: str) -> NewKey:
        """A new API key of type Standard, with the secret that Twilio shows this once."""
        made = await self._library.new_keys.create_async(friendly_name=name)
        return NewKey(made.sid, made.secret)

    async def delete_key(self, sid: str) -> None:
        """Deletes an API key; the tokens that it signed become invalid."""
        await self._library.keys(sid).delete_async()

    async def webhook_rules(self) -> list[WebhookRule]:
        """The Rules of the account's webhooks configuration: which URLs have which Settings."""
        return [WebhookRule.of(one) for one in await self._library.webhooks.v1.rules.list_async()]

    async def webhook_settings(self) -> dict[str, WebhookSetting]:
        """The Settings of the webhooks configuration, by id; Twilio's own are listed separately."""
        listed = [
            one
            for kind in ("CUSTOMER", "SYSTEM")
            for one in await self._library.webhooks.v1.settings.list_async(type=kind)
        ]
        return {one.id: WebhookSetting.of(one) for one in listed}

    async def countries(self) -> list[Country]:
        """The countries that the account can call: its voice geographic permissions."""
        listed = await self._library.voice.v1.dialing_permissions.countries.list_async(page_size=1000)
        return [Country.of(one) for one in listed]


@asynccontextmanager
async def open_account(
    settings: TwilioAccount,
    *,
    credentials: tuple[str, str] | None = None,
    seconds: float = SECONDS,
    pauses: Sequence[float] = PAUSES,
) -> AsyncIterator[AccountRest]:
    """The account, as the bridge logs in unless a user name and a password are given."""
    async with open_twilio(settings.api_url) as session:
        login = BasicLogin(*credentials) if credentials else login_of(settings, session, seconds=seconds)
        http = Http(session, login, seconds=seconds, pauses=pauses)
        library = await load_client(settings, http)
        # Each is imported when it is named: 2 MB, which `serve` does without.
        for name in ("voice", "webhooks"):
            getattr(library, name).base_url = neighbour(settings.api_url, name)
        yield AccountRest(library, settings.account_sid)
