"""What Twenty tells of itself: whether a delivery is Twenty's, and what it says of a person.

https://docs.twenty.com/developers/extend/webhooks
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.calls.numbers import Number
from bridge.errors import NotUnderstood
from bridge.twenty.people import numbers_in

SIGNATURE = "X-Twenty-Webhook-Signature"
TIMESTAMP = "X-Twenty-Webhook-Timestamp"
OLDEST = timedelta(minutes=5)
MILLISECONDS = re.compile(r"[0-9]{1,15}")

CHANGED = frozenset({"person.created", "person.updated", "person.restored"})
GONE = frozenset({"person.deleted", "person.destroyed"})


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """Somebody new, or changed; `numbers` are all that they have now, in E.164."""

    person_id: str
    numbers: frozenset[Number]


@dataclass(frozen=True, slots=True)
class PersonGone:
    """Somebody was deleted, or merged into somebody else."""

    person_id: str


def is_signed(body: bytes, *, secret: str, timestamp: str, signature: str, now: datetime) -> bool:
    """Whether Twenty signed these very bytes with the secret, not more than five minutes ago.

    A delivery that is repeated within that time does no harm: it only has people looked up again.
    """
    if not MILLISECONDS.fullmatch(timestamp) or abs(_age(timestamp, now)) > OLDEST:
        return False
    expected = hmac.new(secret.encode(), f"{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def parse(body: bytes, *, region: str) -> PersonChanged | PersonGone | None:
    """What a delivery says of a person; None of whatever else it is about. Raises NotUnderstood.

    `region` is where numbers without any country are at home.
    """
    try:
        told = json.loads(body)
        return _person(told.get("eventName"), told.get("record"), region)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise NotUnderstood("The delivery is not what Twenty sends of a record.") from problem


def _age(timestamp: str, now: datetime) -> timedelta:
    return timedelta(milliseconds=now.timestamp() * 1000 - int(timestamp))


def _person(event: str, record: dict[str, Any], region: str) -> PersonChanged | PersonGone | None:
    if event in CHANGED:
        return PersonChanged(record["id"], numbers_in(record.get("phones") or {}, region=region))
    return PersonGone(record["id"]) if event in GONE else None
