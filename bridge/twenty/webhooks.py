"""Twenty's webhooks: verifies a delivery, and reads what it reports of a person or a call.

People that `doctor --probe-webhook` creates have ids that begin with a prefix of their own.

https://docs.twenty.com/developers/extend/webhooks
"""

import hmac
import json
import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from bridge.calls.activity import record_id
from bridge.errors import NotUnderstood
from bridge.twenty.people.changes import PersonChanged, PersonGone, changed_person, id_of
from bridge.twenty.writing.fields import BY_KEY

SIGNATURE = "X-Twenty-Webhook-Signature"
TIMESTAMP = "X-Twenty-Webhook-Timestamp"
OLDEST = timedelta(minutes=5)
MILLISECONDS = re.compile(r"[0-9]{1,15}")

CHANGED = frozenset({"person.created", "person.updated", "person.restored"})
CALL = frozenset({"phoneCall.updated", "phoneCall.restored"})
CALL_GONE = frozenset({"phoneCall.deleted", "phoneCall.destroyed"})
"""Only for what was said in it: the bridge asks how a call stands before it writes it again."""

GONE = frozenset({"person.deleted", "person.destroyed"})


class CallChanged(Struct, frozen=True):
    """A call of the bridge's was changed; `by_api` where the bridge itself can have written it."""

    call_sid: str
    person_id: str | None
    by_api: bool


class CallGone(Struct, frozen=True):
    """A call of the bridge's was deleted or destroyed."""

    call_sid: str


Told = PersonChanged | PersonGone | CallChanged | CallGone | None


def is_signed(body: bytes, *, secrets: Iterable[str], timestamp: str, signature: str, now: datetime) -> bool:
    """Whether Twenty signed these bytes with one of the secrets in the last five minutes.

    A replayed delivery only makes the bridge look people up again.
    """
    if not MILLISECONDS.fullmatch(timestamp) or abs(_age(timestamp, now)) > OLDEST:
        return False
    signed, given = f"{timestamp}:".encode() + body, signature.encode("utf-8", "surrogateescape")
    expected = (hmac.digest(secret.encode(), signed, "sha256").hex().encode() for secret in secrets)
    return any(hmac.compare_digest(one, given) for one in expected)


def parse(body: bytes, *, region: str) -> Told:
    """Reads a delivery; None for events that the bridge does not use. Raises NotUnderstood.

    Numbers without a country belong to `region` (ISO 3166).
    """
    try:
        delivery = json.loads(body)
        event, record = delivery.get("eventName"), delivery.get("record")
        if event in CALL_GONE:
            return _call_gone(record)
        return _call(record) if event in CALL else _person(event, record, region)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise NotUnderstood("The delivery is not what Twenty sends of a record.") from problem


def _age(timestamp: str, now: datetime) -> timedelta:
    return timedelta(milliseconds=now.timestamp() * 1000 - int(timestamp))


def _call(record: dict[str, Any]) -> CallChanged | None:
    sid = record["externalCallId"]
    if not isinstance(sid, str) or record["id"] != record_id("phoneCall", sid):
        return None
    by_api = (record.get("updatedBy") or {}).get("source") == BY_KEY
    person_id = record["personId"]
    return CallChanged(sid, None if person_id is None else id_of(person_id), by_api)


def _call_gone(record: dict[str, Any]) -> CallGone | None:
    sid = record.get("externalCallId")
    if not isinstance(sid, str) or record.get("id") != record_id("phoneCall", sid):
        return None
    return CallGone(sid)


def _person(event: str, record: dict[str, Any], region: str) -> PersonChanged | PersonGone | None:
    if event in CHANGED:
        return changed_person(record, region=region)
    return PersonGone(id_of(record["id"])) if event in GONE else None


PROBE_PREFIX = "d0c70400-"
"""One in four thousand million random ids begins like this."""


def new_person_id() -> str:
    """An id for one probe, as Twenty takes it: a UUID of version 4 but for its beginning."""
    return PROBE_PREFIX + str(uuid.uuid4())[len(PROBE_PREFIX) :]


def is_of_a_probe(person_id: str) -> bool:
    """Whether a person was created by a probe."""
    return person_id.startswith(PROBE_PREFIX)
