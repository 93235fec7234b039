"""The fields of a call's record: what the bridge wrote in each, what a user changed, what is to be cleared.

Of each field a short digest of what the bridge wrote last is kept. A user edited a field where Twenty shows
something else in a record that a user edited last: from then on the field is left to them. Where the bridge
has nothing more to say of a field that it wrote, it empties it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

from bridge.calls.activity import Activity, record_id
from bridge.calls.recording_links import Link
from bridge.twenty.schema.composites import entries
from bridge.twenty.times import same, text
from bridge.twenty.writing.batches import Record
from bridge.twenty.writing.rich_text import paragraphs, rich_text

BY_KEY = "API"
"""Who writes by an API key, as the bridge does; whoever edits a record in Twenty is MANUAL."""

SIZE = 3
NEVER, CLEARED, THEIRS = bytes(SIZE), b"\0\0\1", b"\xff" * SIZE
"""Of a field that the bridge never wrote, one that it emptied, and one that is left to the user."""


def phone_call(activity: Activity) -> Record:
    """The record of a call, without its person."""
    return {
        "id": record_id("phoneCall", activity.call_sid),
        "externalCallId": activity.call_sid,
        "name": activity.title,
        "direction": activity.direction.value,
        "status": activity.status.value,
        "startedAt": text(activity.started_at),
        "answeredAt": activity.answered_at and text(activity.answered_at),
        "endedAt": activity.ended_at and text(activity.ended_at),
        "durationInSeconds": activity.duration_seconds,
        "duration": activity.duration,
        "fromPhoneNumber": _phone(activity.from_number),
        "toPhoneNumber": _phone(activity.to_number),
        "recording": _links(activity.recordings),
        "transcript": activity.transcript and rich_text(paragraphs(activity.transcript)),
        "agentId": activity.agent_id,
        "handling": activity.handling,
    }


def _links(links: Sequence[Link]) -> Record | None:
    if not links:
        return None
    first, *others = links
    return {
        "primaryLinkLabel": first.label,
        "primaryLinkUrl": first.url,
        # Named where there are none, too: what is left out stays.
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
    # Twenty writes an origin in lower case.
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of field: what of a value counts, as written and as read, and how it is emptied."""

    of: Callable[[Any], object]
    empty: Any = None


_TEXT, _MOMENT, _VALUE = _Kind(_plain, ""), _Kind(same), _Kind(_plain)
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
"""In the order in which their digests are kept: a new one goes to the end."""


def mark(name: str, value: Any) -> bytes:
    """The digest of a field's value, the same as the bridge writes it and as Twenty shows it."""
    try:
        said = None if value is None else FIELDS[name].of(value)
    except (ValueError, TypeError, AttributeError, KeyError):
        said = repr(value)
    if said in (None, "", []):
        return NEVER
    return blake2b(f"{name}\0{said!r}".encode(errors="replace"), digest_size=SIZE).digest()


Marks = Mapping[str, bytes]


def read_marks(kept: bytes | None) -> Marks | None:
    """What was kept; None where an earlier version of the bridge wrote the record."""
    if kept is None:
        return None
    return {name: kept[at * SIZE :][:SIZE].ljust(SIZE, b"\0") for at, name in enumerate(FIELDS)}


def to_bytes(marks: Marks) -> bytes:
    """As they are kept."""
    return b"".join(marks[name] for name in FIELDS)


@dataclass(frozen=True, slots=True)
class Shown:
    """A call's record as Twenty shows it; `edited` where a user wrote it last."""

    fields: Mapping[str, Any]
    edited: bool

    @classmethod
    def of(cls, node: Record) -> Self:
        """Of a node that has `FIELDS` and who updated it."""
        return cls(
            {name: node.get(name) for name in FIELDS}, (node["updatedBy"] or {}).get("source") != BY_KEY
        )


@dataclass(frozen=True, slots=True)
class Merge:
    """What to do about each field: `theirs` are left out, `cleared` are emptied; `marks` is what to keep."""

    theirs: frozenset[str]
    cleared: frozenset[str]
    changed: frozenset[str]
    """Of those that were written before, what says something else now."""
    marks: Marks

    def record(self, activity: Activity, fields: frozenset[str]) -> Record:
        """What to write of an activity to a workspace that has these fields."""
        wanted = {n: value for n, value in phone_call(activity).items() if value is not None}
        emptied = {name: FIELDS[name].empty for name in self.cleared}
        return {n: v for n, v in (wanted | emptied).items() if n in fields and n not in self.theirs}


def merge(activity: Activity, before: Marks | None, shown: Shown | None, *, unsure: bool) -> Merge:
    """What the bridge wants, what it wrote `before` and what Twenty shows, as one.

    `unsure` where Twenty may have taken a write that the bridge does not know of.
    """
    wanted = phone_call(activity)
    now = {name: mark(name, wanted[name]) for name in FIELDS}
    theirs = {name for name in FIELDS if before and before[name] == THEIRS}
    if before and shown and shown.edited:
        theirs |= {name for name in FIELDS if _is_edited(name, before, shown, now, unsure=unsure)}
    cleared = {
        name
        for name in FIELDS
        if now[name] == NEVER and name not in theirs and _is_ours(name, before, shown, unsure=unsure)
    }
    marks = now | dict.fromkeys(cleared, CLEARED) | dict.fromkeys(theirs, THEIRS)
    changed = {name for name in FIELDS if before and marks[name] != before[name]}
    return Merge(frozenset(theirs), frozenset(cleared), frozenset(changed), marks)


def _is_edited(name: str, before: Marks, shown: Shown, now: Marks, *, unsure: bool) -> bool:
    there = mark(name, shown.fields[name])
    written = NEVER if before[name] == CLEARED else before[name]
    return there != written and not (unsure and there == now[name])


def _is_ours(name: str, before: Marks | None, shown: Shown | None, *, unsure: bool) -> bool:
    """Whether Twenty may show something in a field that the bridge wrote."""
    if before and before[name] != NEVER:
        return True
    return unsure and shown is not None and mark(name, shown.fields[name]) != NEVER
