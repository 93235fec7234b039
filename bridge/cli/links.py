"""One-time links, by which agents sign in to their phone: made, and revoked."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.calls.agents import Identity, identity_of
from bridge.cli import terminal
from bridge.errors import SettingsInvalid
from bridge.inbox.sign_ins import add_link
from bridge.inbox.sign_ins import revoke as end_all
from bridge.inbox.store import Inbox, open_inbox
from bridge.language.phrase import Phrase, phrase
from bridge.settings import Settings, load
from bridge.settings.served import agents_of
from bridge.web.authentication.devices import new_link
from bridge.web.authentication.keys import digest_of

HOLDS = timedelta(hours=1)


def run(config: Path | None, agents: Sequence[str], *, as_json: bool) -> None:
    """Prints a link for each agent; raises SettingsInvalid for what is no agent, InboxUnavailable."""
    settings = load(config)
    links = asyncio.run(made(settings, [identity(settings, agent) for agent in agents]))
    if as_json:
        terminal.print_json([{"identity": one, "link": link} for one, link in links], indent=None)
        return
    for one, link in links:
        terminal.say(
            phrase("{agent} signs in with this link, once, within an hour:", agent=one), "", f"  {link}", ""
        )
    terminal.say(phrase("Send it as you would a password; the bridge stores only a hash of it."))


def revoke(config: Path | None, agents: Sequence[str], *, as_json: bool) -> None:
    """Ends the links and devices of each agent; raises InboxUnavailable.

    Then it raises SettingsInvalid for those who had none and are no agents.
    """
    settings = load(config)
    ended = asyncio.run(_revoked(settings, agents))
    if as_json:
        terminal.print_json([{"agent": agent, "ended": count} for agent, count in ended], indent=None)
    else:
        _say_ended(ended, minutes=-(-settings.tokens.ttl_seconds // 60))
    # It may be a slip: the one who was meant is still signed in.
    if unknown := [agent for agent, count in ended if not count and _known(settings, agent) is None]:
        raise SettingsInvalid([_no_agent(agent) for agent in unknown])


def _say_ended(ended: Sequence[tuple[str, int]], *, minutes: int) -> None:
    for agent, count in ended:
        terminal.say(phrase("{agent}: links and devices ended: {count}.", agent=agent, count=count))
    terminal.say(
        phrase(
            "A phone that is open rings until its access token ends, within {minutes} minutes.",
            minutes=minutes,
        )
    )


async def _revoked(settings: Settings, agents: Sequence[str]) -> list[tuple[str, int]]:
    url, now = settings.inbox.database_url.get_secret_value(), datetime.now(UTC)
    async with open_inbox(url, must_exist=True) as inbox:
        return [
            (agent, sum([await end_all(inbox, one, now=now) for one in _identities(settings, agent)]))
            for agent in agents
        ]


def _identities(settings: Settings, agent: str) -> list[Identity]:
    """All that an agent signs in as; also of one whom the settings name no longer."""
    found = (identity_of(agent), *agents_of(settings).configured(agent.lower()))
    return list(dict.fromkeys(identity for identity in found if identity))


def identity(settings: Settings, agent: str) -> Identity:
    """That of an agent whom the settings name; raises SettingsInvalid."""
    found = _known(settings, agent)
    if found is None:
        raise SettingsInvalid([_no_agent(agent)])
    return found


def _known(settings: Settings, agent: str) -> Identity | None:
    agents = agents_of(settings)
    return next((one for one in _identities(settings, agent) if agents.has_token(one)), None)


def _no_agent(agent: str) -> Phrase:
    return phrase("--identity: {agent} is no agent; agents.names in config.yaml names them", agent=agent)


async def made(settings: Settings, identities: Sequence[Identity]) -> list[tuple[Identity, str]]:
    """A link for each, stored before it is shown."""
    url = settings.inbox.database_url.get_secret_value()
    async with open_inbox(url) as inbox:
        return [(one, await _made(inbox, settings.server.phone_page, one)) for one in identities]


async def _made(inbox: Inbox, page: str, identity: Identity) -> str:
    secret = new_link()
    await add_link(inbox, digest=digest_of(secret), identity=identity, expires_at=datetime.now(UTC) + HOLDS)
    return f"{page}#sign-in={secret}"
