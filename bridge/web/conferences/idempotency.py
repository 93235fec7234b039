"""The keys of requests for acts: one that is sent again is done once, as its act's name in the inbox says."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from secrets import token_hex

from aiohttp import web

from bridge.calls.agents import Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.acts import AGAIN, CALLING, FAILED, Act, act_of
from bridge.calls.fold.parties import Evidence
from bridge.errors import KeyReused, NotUnderstood

IDEMPOTENCY_KEY = "Idempotency-Key"
"""https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"""

KEY_NAME = "Key"
"""The parameter of a stored blind transfer that has what its request's key gives."""

REUSED = f"{IDEMPOTENCY_KEY}: This key came before with another request; send a new key with a new request."

KEY = re.compile(r"[!-~]{1,128}", re.ASCII)


def has_key(request: web.Request) -> bool:
    """Whether a request can be sent again as the same one."""
    return IDEMPOTENCY_KEY in request.headers


def act_id_of(request: web.Request, identity: Identity, act: Act | Kind) -> str:
    """The name of an act: the same for requests with the same key; otherwise a new one."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is None:
        return f"{act}-{token_hex(8)}"
    if not KEY.fullmatch(key):
        raise NotUnderstood(f"{IDEMPOTENCY_KEY} should have 1 to 128 printable characters.")
    digest = blake2b("\0".join((identity, request.path, key)).encode(), digest_size=8).hexdigest()
    return f"{act}-{digest}"


def check_key(evidence: Evidence, act_id: str, said: Mapping[str, str]) -> None:
    """Raises KeyReused where the key of an act came before with another request."""
    digest = act_id.rpartition("-")[2]
    stored = [c for c in evidence.callbacks if (_name_of(c) or "").endswith(f"-{digest}")]
    if any(_name_of(c) != act_id or any((c.get(name) or "") != said[name] for name in said) for c in stored):
        raise KeyReused(REUSED)


def _name_of(callback: Callback) -> str | None:
    """The name of an act or of a blind transfer, which its request's key gives."""
    if callback.kind is Kind.TRANSFER:
        return callback.get(KEY_NAME)
    return callback.get("Id") if act_of(callback) else None


def failures(evidence: Evidence, act_id: str) -> int:
    """How often an act could not call its party, and was taken back."""
    return sum(c.get(FAILED) == act_id for c in evidence.callbacks)


def is_done(evidence: Evidence, act_id: str) -> bool:
    """Whether an act was done: of one that calls a party, whether there is a leg."""
    failed = failures(evidence, act_id)
    stored = [
        act
        for c in evidence.callbacks
        if c.get("Id") == act_id
        and (act := act_of(c)) is not Act.SWAPPING
        and int(c.get(AGAIN) or 0) >= failed
    ]
    has_leg = any(leg.joined_as == act_id for leg in evidence.legs)
    return bool(stored) and (has_leg or not CALLING.intersection(a for a in stored if a))
