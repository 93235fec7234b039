"""Opens Twilio's REST API and media, and builds what signs and checks for the account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from bridge.settings import Settings
from bridge.settings.systems import TwilioSettings
from bridge.twilio.binding import Binding
from bridge.twilio.rest import TwilioRest, open_rest
from bridge.twilio.rest.login import open_login
from bridge.twilio.rest.media import Media, open_media
from bridge.twilio.signature import Validator
from bridge.twilio.tokens import TokenIssuer


class Account(Struct, frozen=True, kw_only=True):
    """The Twilio account: its REST API and its recordings."""

    rest: TwilioRest
    media: Media


@asynccontextmanager
async def open_account(settings: Settings) -> AsyncIterator[Account]:
    """Opens the HTTP sessions to Twilio; nothing is requested yet."""
    async with (
        open_login(settings.twilio) as login,
        open_rest(settings.twilio, login=login) as rest,
        open_media(settings.twilio, hosts=settings.recordings.media_hosts, login=login) as media,
    ):
        yield Account(rest=rest, media=media)


def token_issuer(settings: Settings) -> TokenIssuer:
    """Signs access tokens."""
    twilio = settings.twilio
    return TokenIssuer(
        account_sid=twilio.account_sid,
        api_key=twilio.api_key,
        api_secret=twilio.api_secret,
        app_sid=twilio.app_sid,
        ttl=settings.tokens.ttl,
        binding=binding_of(twilio),
        region=settings.tokens.region,
    )


def validator_of(twilio: TwilioSettings) -> Validator:
    """Checks the signatures of the account's webhooks."""
    return Validator(
        [token.get_secret_value() for token in twilio.auth_token],
        {sid: secret.get_secret_value() for sid, secret in twilio.shared_keys.items()},
    )


def binding_of(twilio: TwilioSettings) -> Binding:
    """Binds access tokens to their agents, and checks it when a call comes."""
    secrets = twilio.auth_token or tuple(twilio.shared_keys.values())
    return Binding([secret.get_secret_value() for secret in secrets])
