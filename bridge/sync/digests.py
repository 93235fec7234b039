"""Content digests: sixteen bytes a call say what Twenty shows of it, so that only news is written."""

from hashlib import blake2b
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.activity import Activity

RECORD, NOTE, DISPOSITIONS, FACTS = 8, 4, 4, 4
NOTHING = bytes(NOTE)
WITHDRAWN = b"\0\0\0\1"
"""The digest of a note that was written and is empty now: it was withdrawn, or belongs to a user."""


class Digests(Struct, frozen=True):
    """Digests of a call's record, of its note's text, and of its dispositions."""

    record: bytes
    note: bytes
    dispositions: bytes

    @classmethod
    def of(cls, activity: Activity, *, certain: bool, before: Self | None = None) -> Self:
        """The digests of an activity; `before` are those stored of the call.

        `certain` is part of them: a call that turns out to be missed for certain makes a task.
        """
        record = replace(activity, dispositions=())
        said = activity.dispositions
        silent = WITHDRAWN if before and before.note != NOTHING else NOTHING
        return cls(
            _digest((record, certain), RECORD),
            _digest(_said(activity), NOTE) if activity.has_text else silent,
            _digest(said, DISPOSITIONS) if said else NOTHING,
        )

    @classmethod
    def read(cls, kept: bytes | None) -> Self:
        """The stored digests; zeros for a call that was never written, or whose last write is uncertain."""
        kept = kept or bytes(RECORD + NOTE + DISPOSITIONS)
        return cls(kept[:RECORD], kept[RECORD : RECORD + NOTE], kept[RECORD + NOTE :])

    @property
    def is_known(self) -> bool:
        """Whether these say what Twenty shows."""
        return any(self.record)

    @property
    def has_note(self) -> bool:
        """Whether a note with text was written."""
        return self.note not in (NOTHING, WITHDRAWN)

    def to_bytes(self) -> bytes:
        """The stored form, at most sixteen bytes."""
        return self.record + self.note + self.dispositions


def _said(activity: Activity) -> tuple[object, ...]:
    """What a note says, without the speakers' names: these follow the call's person, and are no news."""
    said = activity.conversation
    if said is None:
        return activity.transcript, activity.recordings
    turns = tuple((turn.at, turn.text) for turn in said.turns) if activity.is_message else ()
    return turns, said.summary, activity.recordings


def facts(activity: Activity) -> bytes:
    """The digest of what a note says of the call besides its text."""
    return _digest((activity.title, activity.facts), FACTS)


def _digest(what: object, size: int) -> bytes:
    return blake2b(repr(what).encode(), digest_size=size).digest()
