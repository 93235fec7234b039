"""What Twenty shows of a call, in sixteen bytes: so much is kept of it, to tell what is new."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Self

from bridge.calls.activity import Activity

RECORD, NOTE, DISPOSITIONS, FACTS = 8, 4, 4, 4
NOTHING = bytes(NOTE)
WITHDRAWN = b"\0\0\0\1"
"""Of a note that was written, and has nothing to say any more: it is gone, or a user's."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Digests of the call's record, of its note's text, and of what agents said came of it."""

    record: bytes
    note: bytes
    dispositions: bytes

    @classmethod
    def of(cls, activity: Activity, *, certain: bool, before: Self | None = None) -> Self:
        """Of an activity; with `certain`, for that a call was missed is acted upon as soon as it is.

        `before` is what was kept of the call.
        """
        record = replace(activity, dispositions=())
        said = activity.dispositions
        silent = WITHDRAWN if before and before.note != NOTHING else NOTHING
        return cls(
            _digest((record, certain), RECORD),
            _digest((activity.transcript, activity.recordings), NOTE) if activity.has_text else silent,
            _digest(said, DISPOSITIONS) if said else NOTHING,
        )

    @classmethod
    def read(cls, kept: bytes | None) -> Self:
        """What was kept; of a call that Twenty never had, or that is in doubt, nothing."""
        kept = kept or bytes(RECORD + NOTE + DISPOSITIONS)
        return cls(kept[:RECORD], kept[RECORD : RECORD + NOTE], kept[RECORD + NOTE :])

    @property
    def is_known(self) -> bool:
        """Whether these say what Twenty shows; not so of a call that it never had, or that is in doubt."""
        return any(self.record)

    @property
    def has_note(self) -> bool:
        """Whether a note was written that has something to say."""
        return self.note not in (NOTHING, WITHDRAWN)

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return self.record + self.note + self.dispositions


def facts(activity: Activity) -> bytes:
    """A digest of what a note says of the call besides its text."""
    return _digest((activity.title, activity.facts), FACTS)


def _digest(what: object, size: int) -> bytes:
    return blake2b(repr(what).encode(), digest_size=size).digest()
