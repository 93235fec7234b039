"""The settings: what there is, what it may be, what it is where nobody says."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self
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
    model_validator,
)

from bridge.calls.numbers import parse
from bridge.calls.texts import NAMES, SHIPPED, Texts, texts_for

PLAIN_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/-]*")

DURATION = {"minutes": 3, "seconds": 12}
PLACEHOLDERS: Mapping[str, Mapping[str, object]] = {
    "minutes": DURATION,
    "seconds": DURATION,
    "also": {"names": "Jane, John"},
    "call_back": {"name": "Jane"},
}
"""What each of the texts is filled with; those that are left out are said as they stand."""


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("should be an origin: scheme, host and, where it is not the default, port")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("should be an origin: without path, query or fragment")
    # Browsers leave the default port out.
    default = f":{80 if parts.scheme == 'http' else 443}"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be a URL that begins with https:// (or http:// on a network of your own)")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("should be a URL without query, fragment or credentials")
    if not PLAIN_HOST.fullmatch(parts.netloc) or not PLAIN_PATH.fullmatch(parts.path):
        raise ValueError("should be a URL of plain letters, digits and -._~")
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


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("should be a country in two capital letters (ISO 3166)")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as problem:
        raise ValueError(f"should be a regular expression: {problem}") from problem
    return value


def _check_braces(name: str, text: str, known: Mapping[str, object]) -> None:
    try:
        if known:
            text.format(**known)
    except (ValueError, LookupError, AttributeError, TypeError) as problem:
        braces = " and ".join(f"{{{placeholder}}}" for placeholder in known)
        raise ValueError(f"{name} should have no other braces than {braces}") from problem


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(f"each key should have {SHORTEST_KEY} characters or more")
    return value


SHORTEST_KEY = 16
Secrets = Annotated[tuple[Annotated[SecretStr, AfterValidator(_long_enough)], ...], BeforeValidator(_split)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Seconds = Annotated[int, Field(gt=0, le=86400)]


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
    """The Twenty workspace, and how much of it the bridge may use.

    `public_url` is where browsers find it, if that is not where the bridge does.
    """

    api_url: Annotated[str, AfterValidator(_base_url), AfterValidator(_twenty_url)] = Field(
        examples=["https://crm.example.com"]
    )
    public_url: Annotated[str, AfterValidator(_base_url)] | None = Field(
        None, examples=["https://crm.example.com"]
    )
    api_token: SecretStr = Field(min_length=1, examples=["an API key of Settings → API & Webhooks"])
    webhook_secret: SecretStr | None = Field(None, min_length=16, examples=["openssl rand -hex 32 makes one"])
    timeout_seconds: Seconds = 15
    requests_per_minute: int = Field(100, gt=0)
    batch: int = Field(200, gt=0, le=200)

    @property
    def pages(self) -> str:
        """Where Twenty's pages are."""
        return self.public_url or self.api_url


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
        repr=False,  # a PostgreSQL URL holds the password
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
    """Which identities there are. Names and pattern are matched whole, as the widget sends them.

    `members` says by e-mail which member of the workspace an identity is.
    """

    names: Names = Field((), examples=["[alice, bob]"])
    pattern: Annotated[str, AfterValidator(_pattern)] | None = Field(
        r"twenty-user-[0-9]{1,20}", examples=["twenty-user-[0-9]+"]
    )
    default: str | None = Field(None, examples=["alice"])
    members: dict[str, str] = Field({}, examples=["{alice: alice@example.com}"])

    @model_validator(mode="after")
    def _default_is_one(self) -> Self:
        known = self.default is None or self.default in self.names
        if not known and not re.fullmatch(self.pattern or "", self.default or ""):
            raise ValueError(f"default is {self.default}, which is none of names and does not match pattern")
        return self


class TokenSettings(Section):
    """The access tokens; `ttl_seconds` over a day is a day."""

    ttl_seconds: int = Field(3600, ge=60, le=31_536_000, examples=["3600"])
    region: str | None = Field(None, pattern=r"^[a-z]{2}[0-9]$", examples=["ie1"])

    @property
    def ttl(self) -> timedelta:
        """How long a token lives."""
        return timedelta(seconds=self.ttl_seconds)


class VoiceSettings(Section):
    """Calls: where national numbers are at home, how long it rings, what is said."""

    region: Annotated[str, AfterValidator(_region)] | None = Field(None, examples=["FR"])
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
            for name, text in own.items():
                _check_braces(f"{language}.{name}", text, PLACEHOLDERS.get(name, {}))
        return value

    @model_validator(mode="after")
    def _language_has_texts(self) -> Self:
        if self.language not in SHIPPED and self.language not in self.texts:
            shipped = " and ".join(SHIPPED)
            raise ValueError(f"language is {self.language}: {shipped} ship, others need texts of yours")
        return self

    @property
    def spoken(self) -> Texts:
        """The texts in the configured language."""
        return texts_for(self.language, self.texts.get(self.language, {}))


class MatchingSettings(Section):
    """Whose a call is, where several people have its number or nobody."""

    several: Literal["oldest", "newest", "none"] = "oldest"
    nobody: Literal["log", "create", "skip"] = "log"
    late_days: int = Field(7, ge=0, le=365)
    cache_seconds: int = Field(60, ge=0, le=3600)


class ActivitySettings(Section):
    """What is written of a call, and when.

    `live` writes while a call goes on, as far as the rate limit allows. A missed call becomes a task
    for the owner of the person's company, else for `assignee` (a member's e-mail); with neither, none.
    """

    live: Literal["auto", "off"] = "auto"
    missed_call_tasks: bool = True
    assignee: str | None = Field(None, examples=["jane@example.com"])
    due_hours: int = Field(24, ge=1, le=720)


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
    matching: MatchingSettings = MatchingSettings()
    activities: ActivitySettings = ActivitySettings()
    log: LogSettings = LogSettings()
