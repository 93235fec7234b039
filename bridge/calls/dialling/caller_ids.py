"""Caller IDs: which of the company's or an agent's numbers a called person sees."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from bridge.calls.agents import Identity
from bridge.calls.numbers import e164, shortened
from bridge.errors import NumberRefused


class CallerIds(Struct, frozen=True, kw_only=True):
    """The configured numbers, all E.164. Agents who have numbers of their `own` show those alone.

    The first of a list is shown where the widget asks for none. `region` is where a national one is at home.
    """

    company: Sequence[str]
    own: Callable[[Identity], Sequence[str]]
    region: str

    def of(self, identity: Identity) -> Sequence[str]:
        """The caller IDs that an agent can choose from."""
        return self.own(identity) or self.company

    def choose(self, identity: Identity, asked: str | None) -> str:
        """The caller ID of a call; raises NumberRefused where `asked` is not one of the agent's."""
        theirs = self.of(identity)
        if not asked:
            return theirs[0]
        number = e164(asked, self.region)
        if number is None or number not in theirs:
            raise NumberRefused("caller_id", f"{shortened(asked)!r} is not a caller ID of {identity!r}")
        return number
