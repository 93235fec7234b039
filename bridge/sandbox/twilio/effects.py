"""What a call asks of the world. The call itself decides and waits; it does no I/O.

A flow is a generator of effects. Whoever runs it answers: a `Fetch` with a `Reply`, an `Until` with None
when the time has come or with the `Command`, `Act` or `Woken` that came first, the others with None.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.legs import Leg, Webhook
from bridge.sandbox.twilio.twiml import Document

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook to call; `kind` says what about (voice, status, action, recording …).

    With `json` a POST has this body instead of the parameters.
    """

    kind: str
    webhook: Webhook
    params: Mapping[str, str]
    json: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request for TwiML brought."""

    content_type: str = ""
    body: bytes = b""
    error: TwimlError | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """Somebody intervenes through the REST API: a leg ends, or goes on with another document."""

    sid: str
    at: float
    step: Request | Document | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What a connected device does: about its leg that rings, or the digits that it presses in a call."""

    sid: str
    at: float
    does: Literal["answers", "rejects", "presses"]
    digits: str = ""


@dataclass(frozen=True, slots=True)
class Woken:
    """The conference that a leg is in has changed: it looks what for."""

    sid: str
    at: float


@dataclass(frozen=True, slots=True)
class Moved:
    """A leg has a new status: its device has to hear of it."""

    leg: Leg


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask for TwiML, and wait for it."""

    at: float
    request: Request


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell somebody; nobody waits for the answer."""

    at: float
    request: Request


@dataclass(frozen=True, slots=True)
class Until:
    """Let time pass. `held`: no party of the scenario ends it, so it is left to a command.

    `live`: a device takes part, so a second takes a second.
    """

    at: float
    held: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True)
class Fork:
    """A leg leaves its call and goes on by itself."""

    call: Any = field(repr=False)
    step: Request | Document


@dataclass(frozen=True, slots=True)
class Wake:
    """A conference has changed for these legs: those in it look for themselves, those that ring stop."""

    legs: tuple[Leg, ...]


Came: TypeAlias = Command | Act | Woken
Effect: TypeAlias = Fetch | Moved | Notify | Until | Fork | Wake
Flow: TypeAlias = Generator[Effect, Any, T]
