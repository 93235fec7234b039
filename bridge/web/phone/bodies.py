"""Request bodies of the phone's API, parsed into types."""

from typing import Annotated, Literal, TypeVar

from aiohttp import web
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
)

from bridge.calls.control import Action
from bridge.errors import NotUnderstood, WrongContentType
from bridge.network.errors import media_type
from bridge.web.parsing import readable

LONGEST_OUTCOME = 100
LONGEST_NOTE = 10_000
MOST_VERSIONS = 1_000_000

Outcome = Annotated[
    str, AfterValidator(readable), StringConstraints(strip_whitespace=True, max_length=LONGEST_OUTCOME)
]
Note = Annotated[
    str, AfterValidator(readable), StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE)
]
Moment = Annotated[AwareDatetime, Field(strict=True)]
"""ISO 8601 with an offset; a number, which could be seconds or milliseconds, is none."""
To = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class CallRequest(BaseModel):
    """The field that all bodies share: `identity`, for API keys that have no identity of their own."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    identity: str | None = None


class HangupRequest(CallRequest):
    """`leave` ends the part of the phone alone that the path names; otherwise the call ends for all."""

    leave: StrictBool = False


class DispositionRequest(CallRequest):
    """The result of a call: an `outcome` of a few words, a longer `note`; at least one of them."""

    outcome: Outcome = ""
    note: Note = ""


class NoteRequest(CallRequest):
    """What an agent typed about a call; `version` is the stored one that it is based on, 0 at first."""

    outcome: Outcome = ""
    note: Note = ""
    version: Annotated[int, Field(ge=0, le=MOST_VERSIONS, strict=True)]


class RecordingRequest(CallRequest):
    """What to do with the recording of a call."""

    action: Action


class SignInAsked(CallRequest):
    """The secret of a one-time link, and whether the agent keeps the sign-in for the device."""

    secret: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    device: StrictBool = False


class TransferRequest(CallRequest):
    """Transfers a caller to `client:identity`, or to a number; with `ask` that party is asked first."""

    to: To
    ask: StrictBool = False


class ParticipantRequest(CallRequest):
    """Calls `client:identity`, or a number, into a call."""

    to: To


Mode = Literal["listen", "whisper", "join"]


class ListenRequest(CallRequest):
    """How a supervisor is in a call: heard by no party, by the agent alone, or by all."""

    mode: Mode = "listen"


A = TypeVar("A", bound=CallRequest)


async def read_request(request: web.Request, kind: type[A]) -> A:
    """Parses the JSON body; an empty body counts as `{}`. Raises NotUnderstood and WrongContentType."""
    body = await request.read()
    if body.strip() and media_type(request.headers) != "application/json":
        raise WrongContentType("The body should be application/json.")
    try:
        return kind.model_validate_json(body if body.strip() else b"{}")
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise NotUnderstood(f"{where}: {first['msg']}.") from None
    except RecursionError:
        raise NotUnderstood("The body is nested too deep.") from None
