"""Settings of access: who gets an access token, and under which identity."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from bridge.calls.agents import RESERVED, Allowed, identity_of, spelled
from bridge.errors import IdentityRefused
from bridge.language.phrase import phrase
from bridge.settings.types import Email, Names, Origin, Pattern, Secrets, Section


def distinct(names: Iterable[str], *, besides: Iterable[str] = ()) -> None:
    """Raises ValueError for what no agent is called, and for two who are one to Twilio.

    `besides` refer to agents: each as it is called in `names`, or by its identity.
    """
    issued: dict[str | None, str] = {}
    for name in names:
        _check(name, issued)
    for name in besides:
        if name != identity_of(name):
            _check(name, issued)


def _check(name: str, issued: dict[str | None, str]) -> None:
    identity = identity_of(name)
    if identity is None:
        raise ValueError(phrase("should have names of 1 to 121 characters"))
    if identity.startswith(RESERVED):
        raise ValueError(
            phrase(
                "has {name}; what begins with {reserved} is kept for users of Twenty",
                name=name,
                reserved=RESERVED,
            )
        )
    if spelled(other := issued.setdefault(identity, name)) != spelled(name):
        raise ValueError(
            phrase(
                "has {other} and {name}, which are one agent to Twilio: {identity}",
                other=other,
                name=name,
                identity=identity,
            )
        )


def _agents(names: tuple[str, ...]) -> tuple[str, ...]:
    distinct(names)
    return names


AgentNames = Annotated[Names, AfterValidator(_agents)]
PerMinute = Annotated[int, Field(ge=1, le=1_000_000)]


class KeySettings(Section):
    """A key: under its name a hash (`twenty-bridge keys new` makes both), and as whom its holder may call.

    `identities` and `pattern` as in `agents`; with neither, any of those. `expires` is its last day, by UTC.
    With `status` its holder sees the status page; with neither of those besides, that alone.
    """

    name: str = Field(min_length=1, max_length=60, examples=["reception"])
    hash: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", examples=["sha256:… (twenty-bridge keys new)"])
    identities: AgentNames = Field((), examples=["[alice, bob]"])
    pattern: Pattern | None = Field(None, examples=["desk-[0-9]+"])
    per_minute: PerMinute | None = Field(None, examples=["10"])
    expires: date | None = Field(None, examples=["2027-01-31"])
    status: bool = False


class AuthSettings(Section):
    """Who may have an access token: users of Twenty (of `members`, where it names some), holders of keys.

    `anonymous_per_minute` is the limit of all anonymous clients together.
    """

    members: tuple[Email, ...] = Field((), examples=["[jane@example.com]"])
    widget_keys: Secrets = Field((), examples=[phrase("openssl rand -hex 32 makes one")])
    keys: tuple[KeySettings, ...] = Field((), examples=["[{name: reception, hash: 'sha256:…'}]"])
    anonymous: bool = False
    anonymous_incoming: bool = False
    anonymous_per_minute: PerMinute = 30

    @field_validator("keys")
    @classmethod
    def _keys_are_told_apart(cls, keys: tuple[KeySettings, ...]) -> tuple[KeySettings, ...]:
        for field in ("name", "hash"):
            values = [getattr(key, field) for key in keys]
            if twice := next((value for value in values if values.count(value) > 1), None):
                raise ValueError(phrase("has the {field} {value} twice", field=field, value=twice))
        distinct(name for key in keys for name in key.identities)
        return keys


class CorsSettings(Section):
    """Which pages may ask."""

    origins: tuple[Origin, ...] = Field((), examples=["[https://crm.example.com]"])


class AgentSettings(Section):
    """Which identities there are. Names and pattern are matched whole, as sent or as issued.

    `members` says by e-mail which member of the workspace an identity is.
    """

    names: AgentNames = Field((), examples=["[alice, bob]"])
    pattern: Pattern | None = Field(r"twenty-user-[0-9]{1,20}", examples=["twenty-user-[0-9]+"])
    default: str | None = Field(None, examples=["alice"])
    members: dict[str, Email] = Field({}, examples=["{alice: alice@example.com}"])

    @field_validator("members")
    @classmethod
    def _members_are_told_apart(cls, members: dict[str, str]) -> dict[str, str]:
        distinct(members)
        return members

    @field_validator("default")
    @classmethod
    def _default_is_one(cls, default: str | None, info: ValidationInfo) -> str | None:
        """Of names and a pattern that are right themselves; those that are not are told by themselves."""
        if default is None or not {"names", "pattern"} <= info.data.keys():
            return default
        distinct([default])
        try:
            Allowed(info.data["names"], info.data["pattern"]).identity(default)
        except IdentityRefused:
            raise ValueError(
                phrase("is {default}, which is none of names and does not match pattern", default=default)
            ) from None
        return default


class TokenSettings(Section):
    """The access tokens; `ttl_seconds` over a day is a day.

    So many a minute are issued for one agent, and so many to one address. `foreign` tokens are those that
    another server issued for our account: with `refuse` their calls out are rejected.
    """

    ttl_seconds: int = Field(3600, ge=60, le=31_536_000, examples=["3600"])
    region: str | None = Field(None, pattern=r"^[a-z]{2}[0-9]$", examples=["ie1"])
    per_agent: PerMinute = 30
    per_address: PerMinute = 600
    foreign: Literal["accept", "refuse"] = "accept"

    @property
    def ttl(self) -> timedelta:
        """How long a token lives."""
        return timedelta(seconds=self.ttl_seconds)
