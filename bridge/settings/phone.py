"""The phone page: whom its users ask, how long they stay signed in, and where its calls go."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from bridge.language.phrase import phrase
from bridge.settings.types import PLAIN_HOST, Names, Section

Edge = Literal[
    "roaming",
    "ashburn",
    "dublin",
    "frankfurt",
    "sao-paulo",
    "singapore",
    "sydney",
    "tokyo",
    "umatilla",
    "ashburn-ix",
    "london-ix",
    "frankfurt-ix",
    "san-jose-ix",
    "singapore-ix",
    "sydney-ix",
    "tokyo-ix",
]
"""https://www.twilio.com/docs/global-infrastructure/edge-locations"""


def _socket_origin(value: str) -> str:
    parts = urlsplit(value)
    is_plain = PLAIN_HOST.fullmatch(parts.netloc) and not (
        parts.query or parts.fragment or parts.path.strip("/")
    )
    if parts.scheme not in ("ws", "wss") or not is_plain:
        raise ValueError(phrase("should be ws:// or wss://, a host and a port: a sandbox's"))
    return f"{parts.scheme}://{parts.netloc.lower()}"


Contact = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


OutcomeName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

Search = Literal["users", "devices", "keys"]
Sees = Literal["none", "presence", "calls"]


class PhoneSettings(Section):
    """The page at `/phone`. `contact` is whom those ask who may not call, or are not rung.

    Who signs in by a one-time link stays signed in for `device_days`, or for `tab_hours` where they keep the
    sign-in for the tab alone. Calls go to Twilio by `edges`, the first that answers; `signalling` is a
    sandbox's server in the place of Twilio's.

    `outcomes` are offered for a call. After a talk an agent is not rung for `after_call_seconds`. Users of
    Twenty search people as Twenty allows each of them; with `search: devices` those who signed in by a link
    do so, too, and with `keys` all holders of keys, by the bridge's own rights. Of `colleagues` an agent sees
    nothing, whether they are free (`presence`), or also with whom they speak, and their last calls, with
    notes, with a person who calls (`calls`); `supervisors`, by e-mail or identity, see all agents' calls and
    notes.
    """

    contact: Contact | None = Field(None, examples=["it@example.com"])
    device_days: int = Field(90, ge=1, le=3650)
    tab_hours: int = Field(12, ge=1, le=720)
    edges: tuple[Edge, ...] = Field(("roaming",), min_length=1)
    signalling: Annotated[str, AfterValidator(_socket_origin)] | None = Field(
        None, examples=["ws://127.0.0.1:4000"]
    )
    outcomes: tuple[OutcomeName, ...] = Field((), max_length=50, examples=["[Interested, Call back]"])
    after_call_seconds: int = Field(0, ge=0, le=3600)
    search: Search = "devices"
    colleagues: Sees = "presence"
    supervisors: Names = Field((), examples=["[lead@example.com]"])
