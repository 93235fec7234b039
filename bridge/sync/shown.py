"""What Twenty shows of a call, in sixteen bytes: so much is kept of it, to tell what is new."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Self

from bridge.calls.activity import Activity

RECORD, NOTE, DISPOSITIONS = 8, 4, 4
NOTHING = bytes(NOTE)


@dataclass(frozen=True, slots=True)
class Shown:
    """Digests of the call's record, of its note's text, and of what agents said came of it."""

    record: bytes
    note: bytes
    dispositions: bytes

    @classmethod
    def of(cls, activity: Activity, *, certain: bool) -> Self:
        """Of an activity; with `certain`, for that a call was missed is acted upon as soon as it is."""
        record = replace(activity, dispositions=())
        said = activity.dispositions
        return cls(
            _digest((record, certain), RECORD),
            _digest((activity.transcript, activity.recordings), NOTE) if activity.has_text else NOTHING,
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

    def to_bytes(self) -> bytes:
        """As it is kept."""
        return self.record + self.note + self.dispositions


def _digest(what: object, size: int) -> bytes:
    return blake2b(repr(what).encode(), digest_size=size).digest()
