"""The two systems that the bridge stands between."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bridge.language.phrase import phrase
from bridge.settings.types import BaseUrl, PhoneNumber, Seconds, SecretList, Secrets, SecretsById, Section

APP_SID = r"^AP[0-9a-zA-Z]{32}$"
API_KEY = r"^SK[0-9a-zA-Z]{32}$"
TWILIO = "https://api.twilio.com"


def _twenty_url(value: str) -> str:
    return re.sub(r"/(graphql|metadata|rest)$", "", value)


class TwilioAccount(Section):
    """A Twilio account as its owner has it; `api_url` is where its REST API is, if not at Twilio."""

    account_sid: str = Field(pattern=r"^AC[0-9a-zA-Z]{32}$", examples=["AC0123456789abcdef0123456789abcdef"])
    shared_keys: SecretsById = Field(
        {},
        examples=[phrase("webhooks_sharedkey_01hexample=its secret; two with a comma while you rotate it")],
    )
    auth_token: SecretList = Field(
        (),
        validate_default=True,
        examples=[phrase("the Auth Token of the Twilio console, or two with a comma while you rotate it")],
    )
    api_key: str | None = Field(None, pattern=API_KEY, examples=["SK0123456789abcdef0123456789abcdef"])
    api_secret: SecretStr | None = Field(None, min_length=1)
    rest_api_key: str | None = Field(None, pattern=API_KEY, examples=["SK0123456789abcdef0123456789abcdef"])
    rest_api_secret: SecretStr | None = Field(None, min_length=1)
    client_id: str | None = Field(None, pattern=r"^OQ[0-9a-zA-Z]{1,64}$", examples=["OQ0123456789abcdef"])
    client_secret: SecretStr | None = Field(None, min_length=1)
    api_url: BaseUrl = TWILIO

    @field_validator("auth_token")
    @classmethod
    def _signs_something(cls, value: object, info: ValidationInfo) -> object:
        # Shared keys that were refused are not in `data`, and are reported by themselves.
        if not value and info.data.get("shared_keys", ()) == {}:
            raise PydanticCustomError("missing", "is missing")
        return value

    @model_validator(mode="after")
    def _comes_in_pairs(self) -> Self:
        for name, secret in (("rest_api_key", "rest_api_secret"), ("client_id", "client_secret")):
            if (getattr(self, name) is None) != (getattr(self, secret) is None):
                raise ValueError(
                    phrase(
                        "TWILIO_{name} and TWILIO_{secret} belong together",
                        name=name.upper(),
                        secret=secret.upper(),
                    )
                )
        return self

    @property
    def rest_credentials(self) -> tuple[str, str]:
        """User name and password for the REST API, where it is not used by OAuth."""
        for key, secret in ((self.rest_api_key, self.rest_api_secret), (self.api_key, self.api_secret)):
            if key and secret:
                return key, secret.get_secret_value()
        return self.owner_credentials or (self.account_sid, "")

    @property
    def owner_credentials(self) -> tuple[str, str] | None:
        """The account's SID and auth token, which alone can make API keys."""
        return (self.account_sid, self.auth_token[0].get_secret_value()) if self.auth_token else None


TWILIO_HOST = re.compile(r"api\.((?:[a-z-]+\.)?(?P<region>[a-z]{2}[0-9])\.)?twilio\.com")
HOME_REGION = "us1"
"""Where an account is that names no region. https://www.twilio.com/docs/global-infrastructure/regions"""


class TwilioSettings(TwilioAccount):
    """The Twilio account, and what the bridge uses of it.

    `api_key` is of type Standard: it signs access tokens, and opens the REST API unless `rest_api_key` or
    `client_id` do.
    """

    api_key: str = Field(pattern=API_KEY, examples=["SK0123456789abcdef0123456789abcdef"])
    api_secret: SecretStr = Field(
        min_length=1,
        examples=[
            phrase("the secret that Twilio showed with the key; twenty-bridge setup twilio makes both")
        ],
    )
    app_sid: str = Field(pattern=APP_SID, examples=["AP0123456789abcdef0123456789abcdef"])
    phone_number: PhoneNumber = Field(examples=["+33159130001"])

    @property
    def region(self) -> str | None:
        """That of `api_url`, as `ie1` of api.dublin.ie1.twilio.com; None where it is not Twilio's own."""
        if not (host := TWILIO_HOST.fullmatch(urlsplit(self.api_url).hostname or "")):
            return None
        return host["region"] or HOME_REGION


class TwentySettings(Section):
    """The Twenty workspace, and how much of it the bridge may use.

    Of several `webhook_secret` the first is the one that `setup twenty` registers; all are accepted.

    `public_url` is where browsers find it, if that is not where the bridge does. `workspace_id` is the one
    whose members may call; unset, it is that of the API key.
    """

    api_url: Annotated[BaseUrl, AfterValidator(_twenty_url)] = Field(examples=["https://crm.example.com"])
    public_url: BaseUrl | None = Field(None, examples=["https://crm.example.com"])
    api_token: SecretStr = Field(min_length=1, examples=[phrase("an API key of Settings → API & Webhooks")])
    webhook_secret: Secrets = Field((), examples=[phrase("openssl rand -hex 32 makes one")])
    workspace_id: UUID | None = Field(None, examples=["907f6063-654b-4106-ade6-3a2b1da8bbc6"])
    timeout_seconds: Seconds = 15
    requests_per_minute: int = Field(100, gt=0)

    @property
    def pages(self) -> str:
        """Where Twenty's pages are."""
        return self.public_url or self.api_url
