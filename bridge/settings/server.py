"""The bridge itself: where it listens, keeps and logs."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from bridge.language.phrase import phrase
from bridge.settings.types import BaseUrl, Network, Seconds, Secrets, Section, origin_of

LAST_PORT = 65535
DATABASE_URL = re.compile(r"(sqlite\+aiosqlite:///|postgresql\+asyncpg://).+")


ROUTES = (
    *("/api/twilio/token", "/webhook/twilio-token", "/twiml/voice", "/twiml/voice/status"),
    *("/webhook/twiml-handler", "/twenty/webhook", "/openapi.yaml", "/api/me", "/api/sign-in"),
    *(f"/twilio/{name}" for name in ("voice", "fallback", "dial", "voicemail", "status", "recording")),
    *(f"/twilio/{name}" for name in ("transcription", "transcripts", "announcement", "machine", "hold")),
    *(f"/twilio/{name}" for name in ("listening", "conference")),
)
"""Ends of the bridge's own URLs, which are pasted from Twilio's console; none is a proxy's prefix."""


def _callback_url(value: str) -> str:
    if route := next((one for one in ROUTES if urlsplit(value).path.endswith(one)), None):
        raise ValueError(
            phrase(
                "should be the bridge's own address, without the {route} that Twilio calls: {base}",
                route=route,
                base=value.removesuffix(route),
            )
        )
    if "_" in (urlsplit(value).hostname or ""):
        raise ValueError(phrase("should have a host without underscore: Twilio calls back to no other"))
    return value


LIBPQ = frozenset(
    {
        *("application_name", "channel_binding", "connect_timeout", "gssencmode", "options"),
        *("sslcert", "sslkey", "sslmode", "sslrootcert"),
    }
)
"""Parameters that vendors' URLs have, and asyncpg does not take."""


def _database_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not DATABASE_URL.fullmatch(text):
        raise ValueError(phrase("should begin with sqlite+aiosqlite:/// or postgresql+asyncpg://"))
    if text.startswith("postgresql"):
        _check_server(text)
    return value


def _check_server(text: str) -> None:
    from sqlalchemy import make_url  # noqa: PLC0415 - not every command needs it
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(text)
        # After an @ that was meant to be the password's, the rest of that would count as host, and be shown.
        is_read = "@" not in f"{url.host}{url.database}" and (url.port or 0) <= LAST_PORT
    except (ArgumentError, ValueError):
        is_read = False
    if not is_read:
        raise ValueError(
            phrase(
                "should be postgresql+asyncpg://user@host:port/database, with :password after the user, in "
                "which @ is written %40, / %2F and % %25"
            )
        )
    if wrong := LIBPQ.intersection(url.query):
        raise ValueError(
            phrase(
                "should not have {name}, a parameter of libpq: asyncpg takes ssl=require, ssl=verify-full …",
                name=min(wrong),
            )
        )


class ServerSettings(Section):
    """Where the bridge listens, where the world finds it, and how much it takes at once.

    Of `X-Forwarded-For` only what `trusted_proxies` wrote counts.
    It stops listening `shutdown_delay_seconds` after `/ready` turned 503; unset: 2 where other replicas
    are possible.
    """

    public_url: Annotated[BaseUrl, AfterValidator(_callback_url)] = Field(
        examples=["https://phone.example.com"]
    )
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=LAST_PORT)
    stop_seconds: Seconds = 20
    shutdown_delay_seconds: int | None = Field(None, ge=0, le=600)
    concurrent_requests: int = Field(500, ge=1, le=100_000)
    trusted_proxies: tuple[Network, ...] = Field((), examples=["[127.0.0.1, 172.16.0.0/12]"])

    @property
    def prefix(self) -> str:
        """The path of the public URL; empty at a host's root."""
        return urlsplit(self.public_url).path

    @property
    def phone_page(self) -> str:
        """Where agents find their phone: at the public URL itself, where that ends in /phone."""
        return self.public_url if self.prefix.endswith("/phone") else f"{self.public_url}/phone"

    @property
    def origin(self) -> str:
        """The public URL's, as browsers send it."""
        return origin_of(self.public_url)


class InboxSettings(Section):
    """Where callbacks are kept, for how many days after the last one of a call; 0 is for ever.

    `forget_key` makes the hashes of numbers that were forgotten; several while it is rotated, the new one
    first. After losing PostgreSQL
    for `partition_seconds` a replica stops draining.
    """

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        SecretStr("sqlite+aiosqlite:///data/bridge.db"),
        examples=["sqlite+aiosqlite:///data/bridge.db"],
    )
    partition_seconds: int = Field(20, ge=4, le=3600)
    keep_days: int = Field(90, ge=0, le=36500)
    forget_key: Secrets = Field((), examples=[phrase("openssl rand -hex 32 makes one")])

    @property
    def is_shared(self) -> bool:
        """Whether several processes may serve the database."""
        return self.database_url.get_secret_value().startswith("postgresql")


class LogSettings(Section):
    """What is logged, and how; `json_lines` unset means: unless on a terminal.

    `requests` is a line for each request, that of a token with whose it is. Telephone numbers are shortened
    unless `full_numbers`.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool | None = None
    requests: bool = True
    full_numbers: bool = False


class MetricsSettings(Section):
    """Where Prometheus finds the metrics: a port of their own, since they reveal business figures."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(9464, ge=0, le=65535)
