"""Checks that the phone page is reachable, and that each agent can sign in."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.agents import Agents, Identity, Roster, identity_of
from bridge.doctor.agents import agents_rung, roster_of
from bridge.doctor.bridge_address import BridgeAddress
from bridge.doctor.checks import Check, Verdict, error, ok
from bridge.inbox.database import connect, missing_file
from bridge.inbox.sign_ins import SignIn, sign_ins_that_hold
from bridge.inbox.tables import sign_ins
from bridge.language.phrase import Phrase, joined, phrase
from bridge.settings import Settings
from bridge.settings.access import KeySettings
from bridge.settings.served import agents_of
from bridge.settings.types import origin_of
from bridge.twenty.client.client import TwentyClient

PROXY = phrase("Let the proxy pass the page's path on to the bridge: docs/how-to/reverse-proxies.md.")
LINK = phrase("Make a link for each, and send it: twenty-bridge keys new --link")


def checks(settings: Settings, client: TwentyClient, public: BridgeAddress) -> Iterator[Check]:
    """The checks of the phone page."""
    phone = _Phone(settings, client, public)
    yield Check("phone.page", phone.page, needs=["bridge.running", "public.reaches_us"])
    yield Check("phone.sign_in", phone.sign_in, needs=["database.migrated"])


class _Phone:
    def __init__(self, settings: Settings, client: TwentyClient, public: BridgeAddress) -> None:
        self._settings = settings
        self._client = client
        self._public = public

    async def page(self) -> Verdict:
        """Whether agents find the page at the public URL."""
        url = self._settings.server.phone_page
        if not await self._public.has_page(url.removeprefix(self._public.url)):
            return error(phrase("The phone page is not at {url}.", url=url), PROXY)
        return ok(phrase("Agents find their phone at {url}.", url=url))

    async def sign_in(self) -> Verdict:
        """Whether each agent whom calls ring has a way to sign in."""
        roster = await roster_of(self._settings, self._client) or Roster(agents_of(self._settings))
        now = datetime.now(UTC)
        async with _reading(self._settings) as connection:
            held = await sign_ins_that_hold(connection, now=now) if connection else []
        ways = {
            agent: _ways(self._settings, roster, held, agent, now) for agent in agents_rung(self._settings)
        }
        return _told(ways)


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[AsyncConnection | None]:
    """A connection to read by; None before the first start has created the table. Raises InboxUnavailable."""
    url = settings.inbox.database_url.get_secret_value()
    if missing_file(url):
        yield None
        return
    database = connect(url)
    try:
        async with database.reading.connect() as connection:
            there = await connection.run_sync(lambda sync: inspect(sync).has_table(sign_ins.name))
            yield connection if there else None
    finally:
        await database.close()


def _told(ways: Mapping[str, Sequence[Phrase]]) -> Verdict:
    without = [agent for agent, found in ways.items() if not found]
    if without:
        reason = phrase("{agents} cannot sign in to the phone page.", agents=", ".join(without))
        return error(reason, joined(" ", (LINK, *(f"--identity {agent}" for agent in without))))
    listed = joined(
        "; ",
        (phrase("{agent}: {ways}", agent=agent, ways=joined(", ", found)) for agent, found in ways.items()),
    )
    return ok(
        phrase("How agents sign in to the phone page: {listed}.", listed=listed)
        if listed
        else phrase("Calls ring no agent's phone.")
    )


def _ways(
    settings: Settings, roster: Roster, held: Sequence[SignIn], agent: str, now: datetime
) -> list[Phrase]:
    identities = roster.identities(agent) or ((found,) if (found := identity_of(agent)) else ())
    ways = [phrase("as a user of Twenty")] if _is_user(settings, roster, agent) else []
    if any(found.key_expires_at is not None for found in _of(held, identities)):
        ways.append(phrase("on a device that is signed in"))
    if any(found.key_expires_at is None for found in _of(held, identities)):
        ways.append(phrase("by a link that is not used yet"))
    keys = _keys(settings, roster.agents, identities, now)
    return [*ways, *(phrase("by the key {name}", name=name) for name in keys)]


def _of(held: Sequence[SignIn], identities: Sequence[Identity]) -> Iterator[SignIn]:
    return (found for found in held if found.identity in identities)


def _is_user(settings: Settings, roster: Roster, agent: str) -> bool:
    """Whether the page signs the agent in by Twenty's own session, since it is at Twenty's origin."""
    if settings.server.origin != origin_of(settings.twenty.pages):
        return False
    identity = identity_of(agent)
    member = roster.by_email(agent) if "@" in agent else roster.by_identity(identity) if identity else None
    listed = [roster.by_email(email) for email in settings.auth.members]
    return member is not None and (not listed or member in listed)


def _keys(settings: Settings, agents: Agents, identities: Sequence[Identity], now: datetime) -> Iterator[str]:
    for key in settings.auth.keys:
        if not _is_over(key, now) and any(agents.of_key(key.name).has(one) for one in identities):
            yield key.name
    if settings.auth.widget_keys and any(agents.allowed.has(one) for one in identities):
        yield phrase("of BRIDGE_WIDGET_KEYS")


def _is_over(key: KeySettings, now: datetime) -> bool:
    return key.expires is not None and key.expires < now.date()
