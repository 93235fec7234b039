"""Who may have an access token, and as whom."""

import re
from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from bridge.settings.types import Names, Origin, Pattern, Secrets, Section


class AuthSettings(Section):
    """Who may have an access token."""

    widget_keys: Secrets = Field((), examples=["openssl rand -hex 32 makes one"])
    anonymous: bool = False
    anonymous_incoming: bool = False


class CorsSettings(Section):
    """Which pages may ask."""

    origins: tuple[Origin, ...] = Field((), examples=["[https://crm.example.com]"])


class AgentSettings(Section):
    """Which identities there are. Names and pattern are matched whole, as the widget sends them.

    `members` says by e-mail which member of the workspace an identity is.
    """

    names: Names = Field((), examples=["[alice, bob]"])
    pattern: Pattern | None = Field(r"twenty-user-[0-9]{1,20}", examples=["twenty-user-[0-9]+"])
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
