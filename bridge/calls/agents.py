"""One type for an agent's identity, and all that the settings say of agents.

An identity is what Twilio knows an agent by. Settings and widgets spell it in several ways (`jane.doe`,
`Jane@Example.com`); `identity_of` makes one of all of them, and from there on identities are compared only
with each other. https://www.twilio.com/docs/voice/client/errors#31105
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NewType, TypeVar

from msgspec import Struct

from bridge.calls.identity_patterns import issued, matching
from bridge.errors import IdentityRefused

Identity = NewType("Identity", str)
"""An identity as Twilio has it; made by `identity_of`, `member_identity` and `client_identity`."""

RESERVED = "wm_"
"""Begins the identities of users of Twenty, for whom Twenty vouched; no other agent has one."""

USER = re.compile(rf"{RESERVED}([0-9a-f]{{32}})")
"""The identity of a user of Twenty: the id of the workspace member, without dashes."""

CLIENT = "client:"

NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_]", re.ASCII)
LONGEST_IDENTITY = 121


def identity_of(spelling: str) -> Identity | None:
    """The identity that a name or an e-mail address becomes; None if it is empty or too long.

    `_` stands for each character that Twilio does not allow. Addresses have no case.
    """
    if len(spelling) > LONGEST_IDENTITY:
        return None
    identity = _known(spelling)
    return identity if 0 < len(identity) <= LONGEST_IDENTITY else None


def member_identity(member_id: str) -> Identity:
    """The identity of a member of Twenty's workspace; raises ValueError for what is not a UUID."""
    return Identity(f"{RESERVED}{uuid.UUID(member_id).hex}")


def client_identity(address: str | None) -> Identity | None:
    """`client:alice` → `alice`; None for anything else."""
    if not address or not address.startswith(CLIENT) or address == CLIENT:
        return None
    name = address.removeprefix(CLIENT)
    return _known(name) if len(name) <= LONGEST_IDENTITY else _replaced(name)


def spelled(name: str) -> str:
    """A typed name in the form that is compared: an e-mail address in lower case."""
    return name.lower() if "@" in name else name


def _replaced(spelling: str) -> Identity:
    return Identity(NOT_ALLOWED.sub("_", spelled(spelling)))


_known = lru_cache(maxsize=4096)(_replaced)
"""Bounded in number and length. One voice request asks five times for the identity of its agent."""


class Allowed:
    """Identities by name and by pattern, for all that one caller of the API may act as.

    `pattern` is matched whole, as a widget spells it or as Twilio has it. `default` is for a request that
    names no identity.
    """

    def __init__(
        self, names: Iterable[str] = (), pattern: str | None = None, *, default: str | None = None
    ) -> None:
        self.names = _by_identity({name: spelled(name) for name in names})
        """Identity → how the settings spell it."""
        self._spelled = matching(pattern) if pattern else None
        self._issued = issued(pattern) if pattern else ()
        self._default = default

    def has(self, identity: Identity) -> bool:
        """Whether a token can be for this identity; false for those that only Twenty verifies."""
        if identity.startswith(RESERVED):
            return False
        return identity in self.names or any(matches(identity) for matches in self._issued)

    def identity(self, asked: str | None) -> Identity:
        """The identity to issue for the one that was asked for; raises IdentityRefused."""
        asked = asked or self._default
        if not asked:
            raise IdentityRefused('Say who calls: {"identity": "…"}.')
        # Its length is judged before a pattern of the operator sees it.
        identity = identity_of(asked) if len(asked) <= LONGEST_IDENTITY else None
        # After the characters that are not allowed are gone, or `wm-…` would get through.
        if identity and identity.startswith(RESERVED):
            raise IdentityRefused(f"Identities that begin with {RESERVED} are kept for users of Twenty.")
        if identity is None or not (self.has(identity) or self._fits(asked)):
            raise IdentityRefused("The identity is none of the configured agents'.")
        return identity

    def _fits(self, asked: str) -> bool:
        return bool(self._spelled and self._spelled(asked))


class Only(Allowed):
    """One identity: its holder always acts as it, even if a widget invents another (`twenty-user-1763…`)."""

    def identity(self, asked: str | None) -> Identity:
        """That one."""
        return next(iter(self.names))


class Member(Struct, frozen=True):
    """A member of Twenty's workspace; `email` in small letters."""

    id: str
    email: str
    name: str = ""


class Agents:
    """All agents: those of the settings, those of keys, and the members of the workspace.

    `members` says of an identity whose it is, by e-mail, and `caller_ids` which numbers (E.164) it shows
    instead of the company's. `keys` are what their holders may act as, by a key's name; a key that is not
    among them may be any agent of `allowed`.
    """

    def __init__(
        self,
        allowed: Allowed | None = None,
        *,
        keys: Mapping[str, Allowed] | None = None,
        members: Mapping[str, str] | None = None,
        caller_ids: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.allowed = allowed or Allowed()
        self._keys = keys or {}
        self._emails = {i: email.lower() for i, email in _by_identity(members or {}).items()}
        self._named: dict[Identity, str] = {}
        for each in (*self._keys.values(), self.allowed):
            self._named |= each.names
        self._configured: dict[str, tuple[Identity, ...]] = {}
        for identity, email in self._emails.items():
            self._configured[email] = (*self._configured.get(email, ()), identity)
        self.caller_ids = _by_identity(caller_ids or {})
        """Identity → the numbers that it shows."""

    @property
    def named(self) -> Iterable[Identity]:
        """The identities that the settings name."""
        return dict.fromkeys((*self._named, *self._emails))

    def of_key(self, name: str) -> Allowed:
        """The identities that the holder of a key can act as."""
        return self._keys.get(name, self.allowed)

    def is_ours(self, identity: Identity) -> bool:
        """Whether an identity is an agent's: a token can be for it, or the settings give it an e-mail."""
        return bool(USER.fullmatch(identity)) or identity in self._emails or self.has_token(identity)

    def has_token(self, identity: Identity) -> bool:
        """Whether a key, or a page that needs none, gets tokens for an identity."""
        return any(allowed.has(identity) for allowed in (self.allowed, *self._keys.values()))

    def email_of(self, identity: Identity) -> str | None:
        """The e-mail address that the settings name for an identity, or that it was made of there."""
        named = self._named.get(identity, "")
        return self._emails.get(identity) or (named if "@" in named else None)

    def configured(self, email: str) -> tuple[Identity, ...]:
        """The identities that are of an e-mail address, as the settings say."""
        return self._configured.get(email, ())


class Roster:
    """Which agent is which member of the workspace: a snapshot of both.

    An identity that is a member's e-mail, with `_` for what Twilio does not allow in one, is that member's,
    unless two members' addresses become the same.
    """

    def __init__(self, agents: Agents, members: Iterable[Member] = ()) -> None:
        self.agents = agents
        self._members = {member.id: member for member in members}
        self._by_email = {member.email: member for member in self._members.values() if member.email}
        self._by_address: dict[str, Member | None] = {}
        for email, member in self._by_email.items():
            address = identity_of(email) or ""
            self._by_address[address] = None if address in self._by_address else member

    def by_email(self, email: str) -> str | None:
        """The member with that e-mail."""
        return _id(self._by_email.get(email.lower()))

    def by_identity(self, identity: Identity) -> str | None:
        """The member who calls under an identity."""
        if user := USER.fullmatch(identity):
            return str(uuid.UUID(user[1]))
        if email := self.agents.email_of(identity):
            return self.by_email(email)
        # Versions before this one left the case of an address as it was.
        return _id(self._by_address.get(identity.lower()))

    def knows(self, agent: str) -> bool:
        """Whether an identity, however it is spelled, is an agent's: a member's, or as the settings say."""
        identity = identity_of(agent)
        if identity is None:
            return False
        member_id = self.by_identity(identity)
        return member_id in self._members or (not USER.fullmatch(identity) and self.agents.is_ours(identity))

    def names(self, identities: Iterable[Identity]) -> dict[str, str]:
        """Identity → the name of its member, for identities of members with a name."""
        members = {identity: self._members.get(self.by_identity(identity) or "") for identity in identities}
        return {identity: member.name for identity, member in members.items() if member and member.name}

    def identities_of(self, member_id: str) -> tuple[Identity, ...]:
        """A member's identities: configured ones, that of a user of Twenty, and that of their e-mail."""
        member = self._members.get(member_id)
        email = member.email if member else ""
        configured, user = self.agents.configured(email), member_identity(member_id)
        address = identity_of(email)
        by_key = [address] if address and self.agents.has_token(address) else []
        ours = [identity for identity in by_key if self.by_identity(identity) == member_id]
        return tuple(dict.fromkeys((*configured, user, *ours)))

    def caller_ids(self, identity: Identity) -> Sequence[str]:
        """An agent's own numbers, whichever of their identities or addresses the settings name them by."""
        return next((own for one in self.all_of(identity) if (own := self.agents.caller_ids.get(one))), ())

    def all_of(self, identity: Identity) -> Iterator[Identity]:
        """An identity, and the others of the same member, with duplicates."""
        yield identity
        if member := self._members.get(self.by_identity(identity) or ""):
            yield from self.identities_of(member.id)
            address = identity_of(member.email)
            if address and self._by_address.get(address) == member:
                yield address

    def identities(self, agent: str) -> tuple[Identity, ...]:
        """The identities that reach an agent, named by e-mail or by identity, the likeliest first."""
        identity = identity_of(agent)
        if "@" in agent:
            return self._of_email(agent.lower()) or _only(identity)
        member_id = self.by_identity(identity) if identity else None
        return tuple(dict.fromkeys((*_only(identity), *(self.identities_of(member_id) if member_id else ()))))

    def _of_email(self, email: str) -> tuple[Identity, ...]:
        member_id = self.by_email(email)
        return self.identities_of(member_id) if member_id else self.agents.configured(email)


Of = TypeVar("Of")


def _by_identity(named: Mapping[str, Of]) -> dict[Identity, Of]:
    return {identity: value for name, value in named.items() if (identity := identity_of(name))}


def _id(member: Member | None) -> str | None:
    return member.id if member else None


def _only(identity: Identity | None) -> tuple[Identity, ...]:
    return (identity,) if identity else ()
