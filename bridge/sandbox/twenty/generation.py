"""The versions of Twenty that the sandbox can be, and how each differs from the one before."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Generation:
    """A version of Twenty; what it has in common with the others is not said here."""

    version: str
    schema_changes: tuple[str, ...] = ()
    """Files of `metadata/` that turn the schema of 2.21 into this one's, in order."""
    sessions: bool = False
    """Browsers hold a cookie, and a request that carries it must name its origin."""
    application_layouts: bool = False
    """A record page can have a second layout, an application's."""
    timeline_types: bool = False
    """`/metadata` lists the types that timeline rows can have."""
    typed_timeline: bool = False
    """A timeline row has a type instead of a name."""
    typed_composites: bool = False
    """The entries of `additionalPhones` and `secondaryLinks` have a type of their own."""
    allowed_hosts: bool = False
    """Single private hosts can be allowed as targets of webhooks."""
    second_rate_limit: bool = False
    """A refusal for the rate limit says how long to wait."""


_2_21 = Generation("2.21")
_2_33 = replace(
    _2_21,
    version="2.33",
    schema_changes=("2.33",),
    sessions=True,
    application_layouts=True,
    timeline_types=True,
    allowed_hosts=True,
)
_2_38 = replace(
    _2_33, version="2.38", schema_changes=("2.33", "2.38"), typed_timeline=True, typed_composites=True
)
_2_43 = replace(_2_38, version="2.43", schema_changes=("2.33", "2.38", "2.43"), second_rate_limit=True)

GENERATIONS = {one.version: one for one in (_2_21, _2_33, _2_38, _2_43)}
OLDEST, *_, NEWEST = GENERATIONS
