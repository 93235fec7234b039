"""Answers and what they are held to: each is tried against the system that it is about."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ValidationError
from yarl import URL

from bridge.calls.agents import Member, identity_of, spelled
from bridge.errors import AnswerRefused, TwentyDenied, TwentyUnavailable, TwilioDenied, TwilioUnavailable
from bridge.language.phrase import joined, phrase, phrase_of
from bridge.network.client import open_session
from bridge.settings import AgentSettings, ServerSettings, TwentySettings
from bridge.settings.explain import explain
from bridge.settings.systems import TWILIO, TwilioAccount
from bridge.settings.types import LOOPBACK
from bridge.twenty.client.client import check_health, open_client
from bridge.twenty.people.members import workspace_members
from bridge.twilio.rest.account import open_account
from bridge.twilio.rest.owned import IncomingNumber

SECONDS = 10
NONE = "-"
"""In the place of a key, where none is needed."""

SECTIONS: Mapping[type[BaseModel], str] = {
    AgentSettings: "agents",
    TwentySettings: "twenty",
    TwilioAccount: "twilio",
    ServerSettings: "server",
}
"""Where an answer stands among the settings: by that it is called when it is wrong."""

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Answers:
    """What goes into `.env`, by variable; and what was found out on the way."""

    values: dict[str, str] = field(default_factory=dict)
    numbers: list[IncomingNumber] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    """Who takes calls, for `agents.names`."""


async def twenty_url(value: str) -> str:
    """The address of a Twenty that answers; raises AnswerRefused."""
    url = _parsed(TwentySettings, api_url=value, api_token=NONE).api_url
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with open_session(timeout) as session:
            there = await check_health(session, url)
    except TwentyUnavailable as away:
        raise AnswerRefused(phrase_of(away)) from away
    # A redirect from http turns the requests for data into others, which Twenty does not answer.
    at = URL(url)
    is_led_to_tls = (at.scheme, there.scheme) == ("http", "https") and at.host == there.host
    return str(there.origin()) if is_led_to_tls else url


async def twenty_key(url: str, value: str) -> str:
    """An API key that this Twenty takes; raises AnswerRefused."""
    settings = _parsed(TwentySettings, api_url=url, api_token=value, timeout_seconds=SECONDS)
    try:
        async with open_client(settings) as client:
            await client.execute("WorkspaceMembers")
    except (TwentyDenied, TwentyUnavailable) as refused:
        if isinstance(refused, TwentyDenied) and refused.code != "twenty.unauthenticated":
            return value
        if isinstance(refused, TwentyUnavailable):
            # This says nothing of the key.
            raise AnswerRefused(phrase("{reason}.", reason=phrase_of(refused))) from refused
        raise AnswerRefused(
            phrase(
                "Twenty does not take this API key ({reason}). Make one in Twenty: Settings → API & "
                "Webhooks.",
                reason=phrase_of(refused),
            )
        ) from refused
    return value


async def members(url: str, key: str) -> list[Member]:
    """The members of the workspace, by name; raises AnswerRefused where the key may not read them."""
    settings = _parsed(TwentySettings, api_url=url, api_token=key, timeout_seconds=SECONDS)
    try:
        async with open_client(settings) as client:
            found = await workspace_members(client)
    except (TwentyDenied, TwentyUnavailable) as refused:
        raise AnswerRefused(
            phrase("Twenty does not list its members to this key: {reason}", reason=refused)
        ) from refused
    return sorted((one for one in found if one.email), key=lambda one: (one.name.lower(), one.email))


def agents_among(known: Sequence[Member], asked: Sequence[str]) -> list[str]:
    """Agents by their place in the list (from 1), their e-mail or an identity; raises AnswerRefused."""
    emails = [member.email for member in known]
    found = [emails[int(one) - 1] if _is_place(one, emails) else spelled(one) for one in asked]
    strangers = [one for one in found if one.isdecimal() or ("@" in one and one not in emails)]
    if strangers:
        raise AnswerRefused(phrase("{names}: no such member of the workspace.", names=", ".join(strangers)))
    return list(_parsed(AgentSettings, names=tuple(dict.fromkeys(found))).names)


def told_apart(known: Sequence[Member]) -> list[Member]:
    """Those whose addresses are one agent each to Twilio, the first of those that are the same."""
    first: dict[str | None, Member] = {}
    for member in known:
        first.setdefault(identity_of(member.email), member)
    return [member for identity, member in first.items() if identity]


def _is_place(one: str, emails: Sequence[str]) -> bool:
    return one.isascii() and one.isdecimal() and 1 <= int(one) <= len(emails)


async def account_sid(value: str) -> str:
    """What looks like an Account SID, before anybody is asked for its Auth Token; raises AnswerRefused."""
    return _parsed(TwilioAccount, account_sid=value, auth_token=NONE).account_sid


async def twilio_account(sid: str, token: str, *, api_url: str = TWILIO) -> list[IncomingNumber]:
    """The numbers of an account that Twilio knows by SID and Auth Token; raises AnswerRefused."""
    settings = _parsed(TwilioAccount, account_sid=sid, auth_token=token, api_url=api_url)
    try:
        async with open_account(settings, pauses=()) as account:
            await account.state()
            return await account.numbers()
    except TwilioDenied as denied:
        raise AnswerRefused(
            phrase(
                "Twilio at {url} does not know this SID with this Auth Token, and does not say which is "
                "wrong. Both stand in its console "
                "→ Account → API keys & tokens.",
                url=api_url,
            )
        ) from denied
    except TwilioUnavailable as away:
        raise AnswerRefused(
            phrase("{reason}. If yours is not at {url}, set TWILIO_API_URL.", reason=away, url=api_url)
        ) from away


async def public_url(value: str, *, api_url: str = TWILIO) -> str:
    """A URL that Twilio and browsers can use; raises AnswerRefused."""
    url = _parsed(ServerSettings, public_url=value).public_url
    parts = urlsplit(url)
    # A sandbox on this machine finds the bridge without TLS, and browsers trust their own machine.
    if parts.scheme != "https" and not {parts.hostname, urlsplit(api_url).hostname} <= LOOPBACK:
        raise AnswerRefused(
            phrase(
                "{url} is not https: browsers give no microphone, and tokens can be read on the way.", url=url
            )
        )
    try:
        (parts.hostname or "").encode("idna")
    except UnicodeError as problem:
        raise AnswerRefused(
            phrase("{host} is not the name of a host: {reason}.", host=parts.hostname, reason=problem)
        ) from problem
    return url


async def is_in_dns(url: str) -> bool:
    """Whether the URL's host has an address yet."""
    try:
        await asyncio.get_running_loop().getaddrinfo(urlsplit(url).hostname, None)
    except socket.gaierror:
        return False
    return True


def _parsed(model: type[M], **values: object) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        told = joined("; ", (explain({**error, "loc": (SECTIONS[model], *error["loc"])}) for error in errors))
        raise AnswerRefused(phrase("{problems}.", problems=told)) from None
