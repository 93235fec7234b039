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
from bridge.language.phrase import Phrase, joined, phrase, verbatim
from bridge.settings import Settings, config_files
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.provision import read
from bridge.twenty.provision import webhook as provisioned
from bridge.twenty.provision.plan import Permission

NAME = "twenty.webhook"

LATELY = timedelta(days=1)
"""How long a delivery proves that Twenty reaches the bridge; each call that is written causes one."""

SET_UP = verbatim("twenty-bridge setup twenty")
PROBE = verbatim("twenty-bridge doctor --probe-webhook")
MAY_READ = phrase(
    "In Twenty, Settings → Roles, choose the key's role and allow Settings permissions → "
    "{permission}. Or run {set_up} with a key that may.",
    permission=Permission.WEBHOOKS,
    set_up=SET_UP,
)
MEND = phrase("Fix what database.writable says, then run twenty-bridge doctor again.")
DELETE = phrase("In Twenty, Settings → API & Webhooks, delete those where no bridge listens any more.")


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
            return warning(
                phrase("It is not known whether deliveries arrive: {problem}.", problem=problem), MEND
            )

    async def _examine(self) -> Verdict:
        if self._wanted is None:
            return warning(
                phrase(
                    "Without TWENTY_WEBHOOK_SECRET Twenty reports no new people: old calls do not find them."
                ),
                phrase("Set it (openssl rand -hex 32 makes one), then {set_up}", set_up=SET_UP),
            )
        try:
            there = await read.webhooks(self._client)
        except TwentyDenied as denied:
            return await self._unseen(denied, self._wanted.target_url)
        if steps := provisioned.register(there, self._wanted):
            return warning(
                phrase("To do: {steps}.", steps=joined("; ", (step.sentence for step in steps))), SET_UP
            )
        if elsewhere := provisioned.elsewhere(there, self._wanted):
            addresses = ", ".join(one.target_url for one in elsewhere)
            return warning(
                phrase("Webhooks of the bridge also point elsewhere: {addresses}.", addresses=addresses),
                DELETE,
            )
        return proven(await last_arrival(self._database_url), self._wanted.target_url, now=datetime.now(UTC))

    async def _unseen(self, denied: TwentyDenied, url: str) -> Verdict:
        arrived = await last_arrival(self._database_url)
        if is_lately(arrived, now=datetime.now(UTC)):
            return ok(
                phrase(
                    "Deliveries of Twenty's webhook to {url} arrive; the key may not see the webhook itself.",
                    url=url,
                )
            )
        return warning(phrase("The webhooks cannot be looked at: {denied}", denied=denied), MAY_READ)


async def last_arrival(database_url: str) -> datetime | None:
    """When the last delivery arrived at any replica, None if none did. Raises InboxUnavailable."""
    if not is_there(database_url):
        return None
    async with reading(database_url) as connection:
        return await last_delivery(connection)


async def has_arrived(database_url: str, person_id: str) -> bool:
    """Whether a delivery about a probe's person arrived at any replica. Raises InboxUnavailable."""
    if not is_there(database_url):
        return False
    async with reading(database_url) as connection:
        return await is_delivered(connection, person_id)


@asynccontextmanager
async def reading(database_url: str) -> AsyncIterator[AsyncConnection]:
    """Reads the database; raises InboxUnavailable."""
    try:
        database = connect(database_url)
    except ImportError as missing:
        raise InboxUnavailable(phrase("{module} is missing", module=missing.name)) from None
    try:
        async with database.reading.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as problem:
        raise InboxUnavailable(
            phrase("the database cannot be read: {problem}", problem=type(problem).__name__)
        ) from problem
    finally:
        await database.close()


def is_there(database_url: str) -> bool:
    """Whether there is a database yet."""
    parts = make_url(database_url)
    return not parts.drivername.startswith("sqlite") or config_files.is_there(Path(parts.database or ""))


def is_lately(arrived: datetime | None, *, now: datetime) -> bool:
    """Whether a delivery at that time still proves that Twenty reaches the bridge."""
    return arrived is not None and now - arrived < LATELY


def proven(arrived: datetime | None, url: str, *, now: datetime) -> Verdict:
    """The verdict on a registered webhook by its last delivery."""
    if arrived and is_lately(arrived, now=now):
        return ok(
            phrase(
                "Deliveries of Twenty's webhook to {url} arrive, the last one {time} ago.",
                url=url,
                time=_ago(now - arrived),
            )
        )
    since = (
        phrase("none since {arrived:%Y-%m-%d %H:%M} UTC", arrived=arrived)
        if arrived
        else phrase("none so far")
    )
    return warning(
        phrase(
            "Twenty's webhook to {url} is registered, and no delivery shows that it arrives: {since}.",
            url=url,
            since=since,
        ),
        phrase("{probe} tries it, with a person that it creates and destroys.", probe=PROBE),
    )


def is_unproven(verdict: Verdict) -> bool:
    """Whether a probe would settle this verdict."""
    return verdict.fix.startswith(PROBE)


def way_from_twenty(url: str) -> Phrase:
    """How to let Twenty's worker reach `url`."""
    host = urlsplit(url).hostname
    return phrase(
        "Let Twenty's worker reach {url}. Twenty drops deliveries to a private address without a "
        "word: set OUTBOUND_HTTP_ALLOWED_INTERNAL_HOSTS={host} for its server and worker, or, of a "
        "version that does not know it (2.21), OUTBOUND_HTTP_SAFE_MODE_ENABLED=false for the worker "
        "(docs/operating.md).",
        url=url,
        host=host,
    )


def _ago(passed: timedelta) -> str:
    minutes = max(0, int(passed.total_seconds() // 60))
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"
