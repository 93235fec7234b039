"""The settings: what there is, what it may be, what it is where nobody says."""

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
)

from bridge.calls.numbers import parse
from bridge.calls.texts import NAMES, Texts, texts_for


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("should be an origin: scheme, host and, where it is not the default, port")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be a URL that begins with https:// (or http:// on a network of your own)")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("should be a URL without query, fragment or credentials")
    return value.rstrip("/")


def _callback_url(value: str) -> str:
    if "_" in (urlsplit(value).hostname or ""):
        raise ValueError("should have a host without underscore: Twilio calls back to no other")
    return value


def _twenty_url(value: str) -> str:
    return re.sub(r"/(graphql|metadata|rest)$", "", value)


def _phone_number(value: str) -> str:
    number = parse(value, "ZZ")
    if number is None:
        raise ValueError("should be a number in E.164: + and country code first")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as problem:
        raise ValueError(f"should be a regular expression: {problem}") from problem
    return value


Secrets = Annotated[tuple[Annotated[SecretStr, Field(min_length=16)], ...], BeforeValidator(_split)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Seconds = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A part of the settings: frozen, and complete about what it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TwilioSettings(Section):
    """The Twilio account."""

    account_sid: str = Field(pattern=r"^AC[0-9a-zA-Z]{32}$", examples=["AC0123456789abcdef0123456789abcdef"])
    auth_token: Annotated[tuple[SecretStr, ...], BeforeValidator(_split)] = Field(
        min_length=1,
        examples=["the Auth Token of the Twilio console, or two with a comma while you rotate it"],
    )
    api_key: str = Field(pattern=r"^SK[0-9a-zA-Z]{32}$", examples=["SK0123456789abcdef0123456789abcdef"])
    api_secret: SecretStr = Field(
        min_length=1, examples=["the secret that Twilio showed when the key was made"]
    )
    app_sid: str = Field(pattern=r"^AP[0-9a-zA-Z]{32}$", examples=["AP0123456789abcdef0123456789abcdef"])
    phone_number: Annotated[str, AfterValidator(_phone_number)] = Field(examples=["+33159130001"])


class TwentySettings(Section):
    """The Twenty workspace, and how much of it the bridge may use."""

    api_url: Annotated[str, AfterValidator(_base_url), AfterValidator(_twenty_url)] = Field(
        examples=["https://crm.example.com"]
    )
    api_token: SecretStr = Field(min_length=1, examples=["an API key of Settings → API & Webhooks"])
    timeout_seconds: Seconds = 15
    requests_per_minute: int = Field(100, gt=0)
    batch: int = Field(200, gt=0, le=200)


class ServerSettings(Section):
    """Where the bridge listens, and where the world finds it."""

    public_url: Annotated[str, AfterValidator(_base_url), AfterValidator(_callback_url)] = Field(
        examples=["https://phone.example.com"]
    )
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    stop_seconds: Seconds = 20

    @property
    def prefix(self) -> str:
        """The path of the public URL; empty at a host's root."""
        return urlsplit(self.public_url).path


class InboxSettings(Section):
    """Where callbacks are kept."""

    database_url: str = Field(
        "sqlite+aiosqlite:///data/bridge.db",
        pattern=r"^(sqlite\+aiosqlite:///|postgresql\+asyncpg://).+",
        examples=["sqlite+aiosqlite:///data/bridge.db"],
    )


class AuthSettings(Section):
    """Who may have an access token."""

    widget_keys: Secrets = Field((), examples=["openssl rand -hex 32 makes one"])
    anonymous: bool = False
    anonymous_incoming: bool = False


class CorsSettings(Section):
    """Which pages may ask."""

    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        (), examples=["[https://crm.example.com]"]
    )


class AgentSettings(Section):
    """Which identities there are. Names and pattern are matched whole, as the widget sends them."""

    names: Names = Field((), examples=["[alice, bob]"])
    pattern: Annotated[str, AfterValidator(_pattern)] | None = Field(
        r"twenty-user-[0-9]{1,20}", examples=["twenty-user-[0-9]+"]
    )
    default: str | None = Field(None, examples=["alice"])


class TokenSettings(Section):
    """The access tokens; `ttl_seconds` over a day is a day."""

    ttl_seconds: int = Field(3600, ge=60, examples=["3600"])
    region: str | None = Field(None, pattern=r"^[a-z]{2}[0-9]$", examples=["ie1"])

    @property
    def ttl(self) -> timedelta:
        """How long a token lives."""
        return timedelta(seconds=self.ttl_seconds)


class VoiceSettings(Section):
    """Calls: where national numbers are at home, how long it rings, what is said."""

    region: str | None = Field(None, pattern=r"^[A-Z]{2}$", examples=["FR"])
    language: str = Field("en-US", pattern=r"^[a-z]{2,3}-[A-Z]{2}$", examples=["fr-FR"])
    ring_seconds: int = Field(30, ge=5, le=600)
    longest_call_seconds: int | None = Field(14400, ge=1, le=86400)
    texts: dict[str, dict[str, str]] = Field({}, examples=["{de-DE: {invalid: Kein gültiger Anschluss.}}"])

    @field_validator("texts")
    @classmethod
    def _known_texts(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for language, own in value.items():
            if unknown := sorted(set(own) - set(NAMES)):
                known = ", ".join(NAMES)
                raise ValueError(f"{language} has {', '.join(unknown)}; the texts are {known}")
        return value

    @property
    def spoken(self) -> Texts:
        """The texts in the configured language."""
        return texts_for(self.language, self.texts.get(self.language, {}))


class LogSettings(Section):
    """What is logged, and how; `json_lines` unset means: unless on a terminal."""

    level: str = Field("info", pattern="^(debug|info|warning|error)$", examples=["info"])
    json_lines: bool | None = None


class Settings(Section):
    """All of it. Constructors get their own section, never the whole."""

    twilio: TwilioSettings
    twenty: TwentySettings
    server: ServerSettings
    inbox: InboxSettings = InboxSettings()
    auth: AuthSettings = AuthSettings()
    cors: CorsSettings = CorsSettings()
    agents: AgentSettings = AgentSettings()
    tokens: TokenSettings = TokenSettings()
    voice: VoiceSettings = VoiceSettings()
    log: LogSettings = LogSettings()
