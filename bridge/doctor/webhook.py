"""Checks Twenty's webhook to the bridge: registered, and proven by a recent signed delivery."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.doctor.checks import Check, Verdict, ok, warning
from bridge.errors import InboxUnavailable, TwentyDenied
from bridge.inbox.checkpoints import is_delivered, last_delivery
from bridge.inbox.database import connect
from bridge.settings import Settings
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.provision import read
from bridge.twenty.provision import webhook as provisioned
from bridge.twenty.provision.plan import Permission

NAME = "twenty.webhook"

LATELY = timedelta(days=1)
"""How long a delivery proves that Twenty reaches the bridge; each call that is written causes one."""

SET_UP = "twenty-bridge setup twenty"
PROBE = "twenty-bridge doctor --probe-webhook"
MAY_READ = (
    "In Twenty, Settings → Roles, choose the key's role and allow Settings permissions → "
    f"{Permission.WEBHOOKS}. Or run {SET_UP} with a key that may."
)
MEND = "Fix what database.writable says, then run twenty-bridge doctor again."
DELETE = "In Twenty, Settings → API & Webhooks, delete those where no bridge listens any more."


def checks(configured: Settings, client: TwentyClient) -> Iterator[Check]:
    """The check of the webhook."""
    webhook = _Webhook(configured, client)
    yield Check(NAME, webhook.examine, SET_UP, needs=["twenty.reachable", "twenty.key"])


class _Webhook:
    """A workspace's webhook to a bridge with these settings."""

    def __init__(self, configured: Settings, client: TwentyClient) -> None:
        self._wanted = provisioned.wanted(configured.server.public_url, configured.twenty.webhook_secret)
        self._database_url = configured.inbox.database_url.get_secret_value()
        self._client = client

    async def examine(self) -> Verdict:
        """Whether Twenty reports changes of people and calls to the bridge."""
        try:
            return await self._examine()
        except InboxUnavailable as problem:
            return warning(f"It is not known whether deliveries arrive: {problem}.", MEND)

    async def _examine(self) -> Verdict:
        if self._wanted is None:
            return warning(
                "Without TWENTY_WEBHOOK_SECRET Twenty reports no new people: old calls do not find them.",
                f"Set it (openssl rand -hex 32 makes one), then {SET_UP}",
            )
        try:
            there = await read.webhooks(self._client)
        except TwentyDenied as denied:
            return await self._unseen(denied, self._wanted.target_url)
        if steps := provisioned.register(there, self._wanted):
            return warning(f"To do: {'; '.join(step.sentence for step in steps)}.", SET_UP)
        if elsewhere := provisioned.elsewhere(there, self._wanted):
            addresses = ", ".join(one.target_url for one in elsewhere)
            return warning(f"Webhooks of the bridge also point elsewhere: {addresses}.", DELETE)
        return proven(await last_arrival(self._database_url), self._wanted.target_url, now=datetime.now(UTC))

    async def _unseen(self, denied: TwentyDenied, url: str) -> Verdict:
        arrived = await last_arrival(self._database_url)
        if is_lately(arrived, now=datetime.now(UTC)):
            return ok(
                f"Deliveries of Twenty's webhook to {url} arrive; the key may not see the webhook itself."
            )
        return warning(f"The webhooks cannot be looked at: {denied}", MAY_READ)


async def last_arrival(database_url: str) -> datetime | None:
    """When the last delivery arrived at any replica, None if none did. Raises InboxUnavailable."""
    if not _is_there(database_url):
        return None
    async with _reading(database_url) as connection:
        return await last_delivery(connection)


async def has_arrived(database_url: str, person_id: str) -> bool:
    """Whether a delivery about a probe's person arrived at any replica. Raises InboxUnavailable."""
    if not _is_there(database_url):
        return False
    async with _reading(database_url) as connection:
        return await is_delivered(connection, person_id)


@asynccontextmanager
async def _reading(database_url: str) -> AsyncIterator[AsyncConnection]:
    try:
        database = connect(database_url)
    except ImportError as missing:
        raise InboxUnavailable(f"{missing.name} is missing") from None
    try:
        async with database.reading.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as problem:
        raise InboxUnavailable(f"the database cannot be read: {type(problem).__name__}") from problem
    finally:
        await database.close()


def _is_there(database_url: str) -> bool:
    parts = make_url(database_url)
    return not parts.drivername.startswith("sqlite") or Path(parts.database or "").exists()


def is_lately(arrived: datetime | None, *, now: datetime) -> bool:
    """Whether a delivery at that time still proves that Twenty reaches the bridge."""
    return arrived is not None and now - arrived < LATELY


def proven(arrived: datetime | None, url: str, *, now: datetime) -> Verdict:
    """The verdict on a registered webhook by its last delivery."""
    if arrived and is_lately(arrived, now=now):
        return ok(f"Deliveries of Twenty's webhook to {url} arrive, the last one {_ago(now - arrived)} ago.")
    since = f"none since {arrived:%Y-%m-%d %H:%M} UTC" if arrived else "none so far"
    return warning(
        f"Twenty's webhook to {url} is registered, and no delivery shows that it arrives: {since}.",
        f"{PROBE} tries it, with a person that it creates and destroys.",
    )


def is_unproven(verdict: Verdict) -> bool:
    """Whether a probe would settle this verdict."""
    return verdict.fix.startswith(PROBE)


def way_from_twenty(url: str) -> str:
    """How to let Twenty's worker reach `url`."""
    host = urlsplit(url).hostname
    return (
        f"Let Twenty's worker reach {url}. Twenty drops deliveries to a private address without a word: set "
        f"OUTBOUND_HTTP_ALLOWED_INTERNAL_HOSTS={host} for its server and worker, or, of a version that does "
        "not know it (2.21), OUTBOUND_HTTP_SAFE_MODE_ENABLED=false for the worker (docs/operating.md)."
    )


def _ago(passed: timedelta) -> str:
    minutes = max(0, int(passed.total_seconds() // 60))
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"
