"""What to write of a call, and what is known of its records in Twenty before they are asked for."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bridge.calls.activity import Activity
from bridge.twenty.times import text
from bridge.twenty.writing.records import Merge


class Known(Enum):
    """What the bridge knows of a record without asking Twenty."""

    NEW = "it was never written"
    UNSURE = "a write of it may have been carried out"
    WRITTEN = "it was written: where it is not, a user took it away"

    @classmethod
    def of(cls, *, written: bool, unsure: bool) -> "Known":
        """What is known of a record that was written, or may have been."""
        if written:
            return cls.WRITTEN
        return cls.UNSURE if unsure else cls.NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A call's records before this write; `person_id` is whose timeline and notes they are on."""

    person_id: str | None = None
    call: Known = Known.NEW
    row: Known = Known.NEW
    note: Known = Known.NEW
    dispositions: Known = Known.NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """An activity to write.

    `chooses_person` where the record gets the person that the bridge chose; else what stands there stays.
    `record` tells that the call's record says something new, `note` that its note does, `facts` that only
    what is known of the call changed in it, `withdraws_note` that it has nothing to say any more,
    `dispositions` that there are new ones. `mistaken` is a call that the bridge put on a person by a number
    that turned out not to be the other party's.
    """

    activity: Activity
    chooses_person: bool
    before: Before
    merge: Merge
    record: bool = True
    note: bool = False
    facts: bool = False
    withdraws_note: bool = False
    dispositions: bool = False
    mistaken: bool = False

    @property
    def sid(self) -> str:
        """The call's SID."""
        return self.activity.call_sid

    @property
    def moves(self) -> bool:
        """Whether the call's rows and notes go to another person than they are on."""
        return self.activity.person_id != self.before.person_id


def time(moment: datetime | None) -> str | None:
    """A time as Twenty takes it."""
    return text(moment) if moment else None
