"""A row of the tables, and the bytes that are sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from bridge.wiring.application import BOUNDS, Bounds
from tests.web.conftest import AUTH_TOKEN, FORM, KEY, PUBLIC_URL, payload

Headers = Iterable[tuple[str, str]]

STATUS = payload("browser-out-5-status-completed")
UNREADABLE = "The request is not valid HTTP, or its head is too long."
UNSIGNED = "The request does not carry a valid X-Twilio-Signature for this URL."
NOTHING = "There is nothing here; /openapi.yaml lists the paths."
KEYED = ("Authorization", f"Bearer {KEY}")
JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One hostile request, the answer to it, and how many callbacks are on the disk afterwards."""

    name: str
    sent: bytes
    status: int
    detail: str | None = None
    """Of the problem; None where the answer is none."""
    says: str | None = None
    """What TwiML says, and nothing else."""
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Besides those of every answer; None is one that must not be there."""
    rows: int = 0
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    bounds: Bounds = BOUNDS
    before: bytes = b""
    """What is sent first, and taken."""


def request(
    method: str, target: str, headers: Headers = (), body: bytes = b"", *, version: str = "HTTP/1.1"
) -> bytes:
    """A request with the length of its body, as far as it has one."""
    sized = [("Content-Length", str(len(body)))] if body else []
    lines = [f"{method} {target} {version}", *(f"{n}: {v}" for n, v in [("Host", "x"), *headers, *sized])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def twilio(
    path: str = "/twilio/status",
    form: Mapping[str, str] | None = None,
    *,
    body: bytes | None = None,
    token: str = AUTH_TOKEN,
    url: str | None = None,
    signature: str | None = None,
    more: Headers = (),
    version: str = "HTTP/1.1",
) -> bytes:
    """A form that is signed for `url`, the path's own where none is given; `body` is what is sent instead."""
    form = STATUS if form is None else form
    right = RequestValidator(token).compute_signature(url or PUBLIC_URL + path, form)
    headers = [*FORM.items(), ("X-Twilio-Signature", right if signature is None else signature), *more]
    sent = urlencode(form).encode() if body is None else body
    return request("POST", path, headers, sent, version=version)


def signed_by(token: str = AUTH_TOKEN, *, path: str = "/twilio/status") -> str:
    """The right signature for the form."""
    signature: str = RequestValidator(token).compute_signature(PUBLIC_URL + path, STATUS)
    return signature
