"""The fields of a call's record: which to write, which to clear, and which belong to a user.

The bridge stores a short digest of what it last wrote in each field. Where Twenty shows another value, in a
record that a user edited last, the field belongs to the user from then on. A field that the bridge wrote and
that has no value any more is cleared.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from hashlib import blake2b
from typing import Any, Self

from msgspec import Struct

from bridge.calls.activity import Activity, record_id
from bridge.calls.recording_links import Link
from bridge.twenty.schema.composites import entries
from bridge.twenty.values import same_time, time_text
from bridge.twenty.writing.bisection import Record
from bridge.twenty.writing.conversations import conversation_blocks
from bridge.twenty.writing.rich_text import paragraphs, rich_text

BY_KEY = "API"
"""The `updatedBy.source` of writes with an API key, such as the bridge's; a user's edit is MANUAL."""

SIZE = 3
NEVER, CLEARED, THEIRS = bytes(SIZE), b"\0\0\1", b"\xff" * SIZE
"""Digests of a field that was never written, that was cleared, and that belongs to a user."""


def phone_call(activity: Activity) -> Record:
    """The record of a call, without its person."""
    return {
        "id": record_id("phoneCall", activity.call_sid),
        "externalCallId": activity.call_sid,
        "name": activity.title,
        "direction": activity.direction.value,
        "status": activity.status.value,
        "startedAt": time_text(activity.started_at),
        "answeredAt": activity.answered_at and time_text(activity.answered_at),
        "endedAt": activity.ended_at and time_text(activity.ended_at),
        "durationInSeconds": activity.duration_seconds,
        "duration": activity.duration,
        "fromPhoneNumber": _phone(activity.from_number),
        "toPhoneNumber": _phone(activity.to_number),
        "recording": _links(activity.recordings),
        "transcript": _said(activity),
        "agentId": activity.agent_id,
        "handling": activity.handling,
    }


def _said(activity: Activity) -> Record | None:
    if activity.conversation:
        return rich_text(conversation_blocks(activity.conversation))
    return rich_text(paragraphs(activity.transcript)) if activity.transcript else None


def _links(links: Sequence[Link]) -> Record | None:
    if not links:
        return None
    first, *others = links
    return {
        "primaryLinkLabel": first.label,
        "primaryLinkUrl": first.url,
        # Sent also when empty: Twenty keeps what a write leaves out.
        "secondaryLinks": [{"label": other.label, "url": other.url} for other in others] or None,
    }


def _phone(number: str | None) -> Record | None:
    return {"primaryPhoneNumber": number} if number else None


def _plain(value: Any) -> object:
    return value


def _number(value: Record) -> object:
    return f"{value.get('primaryPhoneCallingCode') or ''}{value.get('primaryPhoneNumber') or ''}"


def _addresses(value: Record) -> object:
    if not value.get("primaryLinkUrl"):
        return None
    others = entries(value.get("secondaryLinks"))
    first = (value.get("primaryLinkLabel") or "", value["primaryLinkUrl"])
    # Twenty stores the origin in lower case.
    return [(label, url.lower()) for label, url in (first, *((o.get("label", ""), o["url"]) for o in others))]


def _words(value: Record) -> object:
    blocks = json.loads(value.get("blocknote") or "[]")
    return [words for block in blocks if (words := "".join(_texts(block)))]


def _texts(block: Any) -> Iterator[str]:
    if isinstance(block, list):
        for part in block:
            yield from _texts(part)
    elif isinstance(block, dict):
        if isinstance(block.get("text"), str):
            yield block["text"]
        yield from _texts(block.get("content"))
        yield from _texts(block.get("children"))


class _Kind(Struct, frozen=True):
    """A kind of field: how a value is compared, and how the field is cleared."""

    of: Callable[[Any], object]
    empty: Any = None


_TEXT, _MOMENT, _VALUE = _Kind(_plain, ""), _Kind(same_time), _Kind(_plain)
_PHONE = _Kind(
    _number, {"primaryPhoneNumber": "", "primaryPhoneCallingCode": "", "primaryPhoneCountryCode": ""}
)
_LINKS = _Kind(_addresses, {"primaryLinkLabel": "", "primaryLinkUrl": "", "secondaryLinks": None})
# A rich text that is null is an internal error to some servers.
_WORDS = _Kind(_words, {"markdown": None, "blocknote": None})

FIELDS: Mapping[str, _Kind] = {
    "name": _TEXT,
    "direction": _VALUE,
    "status": _VALUE,
    "startedAt": _MOMENT,
    "answeredAt": _MOMENT,
    "endedAt": _MOMENT,
    "durationInSeconds": _VALUE,
    "duration": _TEXT,
    "fromPhoneNumber": _PHONE,
    "toPhoneNumber": _PHONE,
    "recording": _LINKS,
    "transcript": _WORDS,
    "agentId": _VALUE,
    "handling": _TEXT,
}
"""In the order in which their digests are stored: append only."""


def mark(name: str, value: Any) -> bytes:
    """The digest of a field's value, the same as the bridge writes it and as Twenty shows it."""
    if value is None:
        return NEVER
    try:
        said = FIELDS[name].of(value)
    except (ValueError, TypeError, AttributeError, KeyError):
        said = repr(value)
    if said in (None, "", []):
        return NEVER
    return blake2b(f"{name}\0{said!r}".encode(errors="replace"), digest_size=SIZE).digest()


Marks = Mapping[str, bytes]


def read_marks(kept: bytes | None) -> Marks | None:
    """The stored digests; None where an earlier version of the bridge wrote the record."""
    if kept is None:
        return None
    return {name: kept[at * SIZE :][:SIZE].ljust(SIZE, b"\0") for at, name in enumerate(FIELDS)}


def to_bytes(marks: Marks) -> bytes:
    """The stored form."""
    return b"".join(marks[name] for name in FIELDS)


class Shown(Struct, frozen=True):
    """A call's record as Twenty shows it; `edited` where a user wrote it last."""

    fields: Mapping[str, Any]
    edited: bool

    @classmethod
    def of(cls, node: Record) -> Self:
        """Reads a node with `FIELDS` and `updatedBy`."""
        return cls(
            {name: node.get(name) for name in FIELDS}, (node["updatedBy"] or {}).get("source") != BY_KEY
        )


class Merge(Struct, frozen=True):
    """What to do with each field: `theirs` are left out, `cleared` are emptied; `marks` are stored."""

    theirs: frozenset[str]
    cleared: frozenset[str]
    changed: frozenset[str]
    """Fields that were written before, and have another value now."""
    kept: frozenset[str]
    """Fields of which it is certain that Twenty has the value of now."""
    marks: Marks
    wanted: Record
    """The record as the activity has it."""

    def record(self, fields: frozenset[str]) -> Record:
        """The record to write, for a workspace that has these fields."""
        wanted = {n: value for n, value in self.wanted.items() if value is not None}
        emptied = {name: FIELDS[name].empty for name in self.cleared}
        return {n: v for n, v in (wanted | emptied).items() if n in fields and n not in self.theirs}


def merge(
    activity: Activity,
    before: Marks | None,
    shown: Shown | None,
    *,
    unsure: bool,
    attempted: Sequence[Activity] = (),
) -> Merge:
    """Merges an activity with the digests of `before` and with what Twenty shows.

    `unsure` where an earlier write has an unknown outcome: it wrote one of `attempted`, or what is so now.
    """
    wanted = phone_call(activity)
    now = {name: mark(name, wanted[name]) for name in FIELDS}
    theirs = {name for name in FIELDS if before and before[name] == THEIRS}
    if before and shown and shown.edited:
        ours = [phone_call(one) for one in attempted]
        possible = {name: {now[name], *(mark(name, one[name]) for one in ours)} for name in FIELDS}
        theirs |= {
            name
            for name in FIELDS
            if _is_edited(name, before, shown, possible[name] if unsure else frozenset())
        }
    cleared = {
        name
        for name in FIELDS
        if now[name] == NEVER and name not in theirs and _is_ours(name, before, shown, unsure=unsure)
    }
    marks = now | dict.fromkeys(cleared, CLEARED) | dict.fromkeys(theirs, THEIRS)
    changed = {name for name in FIELDS if before and marks[name] != before[name]}
    kept = FIELDS.keys() - changed if before and not unsure else ()
    return Merge(frozenset(theirs), frozenset(cleared), frozenset(changed), frozenset(kept), marks, wanted)


def _is_edited(name: str, before: Marks, shown: Shown, attempted: Set[bytes]) -> bool:
    written = NEVER if before[name] == CLEARED else before[name]
    return mark(name, shown.fields[name]) not in {written, *attempted}


def _is_ours(name: str, before: Marks | None, shown: Shown | None, *, unsure: bool) -> bool:
    """Whether Twenty can show a value that the bridge wrote."""
    if before and before[name] != NEVER:
        return True
    return unsure and shown is not None and mark(name, shown.fields[name]) != NEVER
