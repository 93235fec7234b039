"""What to do with each record of a call in Twenty: decided here, from what is known and what is new."""

from datetime import datetime
from enum import Enum
from typing import Self

from msgspec import Struct

from bridge.calls.activity import Activity
from bridge.twenty.values import time_text
from bridge.twenty.writing.fields import Merge


class WriteState(Enum):
    """What the bridge knows of a record without asking Twenty."""

    NEW = "it was never written"
    UNSURE = "an earlier write of it may have been carried out"
    WRITTEN = "it was written: where it is missing, a user deleted it"

    @classmethod
    def of(cls, *, written: bool, unsure: bool) -> Self:
        """What is known of a record that was written, or that an uncertain write may have created."""
        if written:
            return cls.WRITTEN
        return cls.UNSURE if unsure else cls.NEW


class Do(Enum):
    """What to do with one record."""

    LEAVE = "Twenty shows it as it is to be, or it is a user's"
    CREATE = "it is new"
    ENSURE = "it may be there: ask Twenty first"
    UPDATE = "it was written: where it is missing, a user deleted it"
    GONE = "it has nothing to say any more"

    @property
    def writes(self) -> bool:
        """Whether the record is there afterwards."""
        return self in (Do.CREATE, Do.ENSURE, Do.UPDATE)


WRITE = {WriteState.NEW: Do.CREATE, WriteState.UNSURE: Do.ENSURE, WriteState.WRITTEN: Do.UPDATE}


class Chosen(Enum):
    """Whose person a call's record gets."""

    KEPT = "the one that stands in Twenty: it was written before, or a user chose it"
    MATCHED = "the one that the bridge found, if any"
    CORRECTED = "the one that the bridge found, or none: its former match was by a wrong number"


class Note(Enum):
    """What is new in a call's note."""

    NOTHING = "nothing"
    FACTS = "only what is known of the call"
    TEXT = "what was said, or a recording"
    EMPTY = "it was written, and has nothing to say any more"


class Before(Struct, frozen=True, kw_only=True):
    """A call's records before this write; `person_id` is the person on whose timeline they are."""

    person_id: str | None = None
    call: WriteState = WriteState.NEW
    row: WriteState = WriteState.NEW
    note: WriteState = WriteState.NEW
    dispositions: WriteState = WriteState.NEW


class News(Struct, frozen=True, kw_only=True):
    """What differs from what was written before."""

    record: bool
    note: Note
    dispositions: bool


class WritePlan(Struct, frozen=True, kw_only=True):
    """What to do with each record of one call; made by `plan_of` alone.

    `moves` where the row and the notes go to another person. `has_new_text` where a note that a user edited
    gets a second one beside it.
    """

    person: Chosen
    moves: bool
    record: Do
    row: Do
    note: Do
    has_new_text: bool
    dispositions: Do


def plan_of(activity: Activity, *, before: Before, news: News, person: Chosen) -> WritePlan:
    """The plan for an activity."""
    moves = activity.person_id != before.person_id
    return WritePlan(
        person=person,
        moves=moves,
        record=WRITE[before.call] if news.record else Do.LEAVE,
        row=_row(activity, before, person, moves=moves) if news.record else Do.LEAVE,
        note=_note(before, news.note, moves=moves and activity.has_text),
        has_new_text=news.note is Note.TEXT,
        dispositions=_dispositions(before) if news.dispositions or moves else Do.LEAVE,
    )


def _row(activity: Activity, before: Before, person: Chosen, *, moves: bool) -> Do:
    if activity.person_id:
        return WRITE[before.row]
    # A user or a better number took the call from its person; of a match anew the row may be another's.
    return Do.GONE if moves and person is not Chosen.MATCHED else Do.LEAVE


def _note(before: Before, news: Note, *, moves: bool) -> Do:
    if news is Note.EMPTY:
        return Do.GONE
    return Do.LEAVE if news is Note.NOTHING and not moves else WRITE[before.note]


def _dispositions(before: Before) -> Do:
    # Those of before are among them: they are created once, and never changed.
    return Do.CREATE if before.dispositions is WriteState.NEW else Do.ENSURE


class Write(Struct, frozen=True, kw_only=True):
    """An activity to write, by a plan; `merge` says what to do with each field of the call's record."""

    activity: Activity
    plan: WritePlan
    merge: Merge

    @property
    def sid(self) -> str:
        """The call's SID."""
        return self.activity.call_sid


def time(moment: datetime | None) -> str | None:
    """A time as Twenty takes it."""
    return time_text(moment) if moment else None
