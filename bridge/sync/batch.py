"""One batch: due calls → what to write of them, with one look-up for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bridge.calls.activity import Activity, activity_of
from bridge.calls.call import Call, fold
from bridge.calls.matching import Person, choose
from bridge.calls.numbers import e164
from bridge.calls.texts import Texts
from bridge.inbox.store import DueCall
from bridge.twenty.activities import Write
from bridge.twenty.client import Executes
from bridge.twenty.people import find_people


@dataclass(frozen=True, slots=True)
class Prepared:
    """A due call, whom it was with, and what Twenty shall show of it."""

    due: DueCall
    matched: bool
    person: Person | None
    write: Write
    digest: bytes

    @property
    def changed(self) -> bool:
        """Whether Twenty has something else, or nothing, of this call."""
        return self.digest != self.due.written


async def prepare(
    client: Executes, due_calls: Sequence[DueCall], *, texts: Texts, region: str
) -> list[Prepared]:
    """Folds each call, and finds the person of those that were never matched.

    Raises TwentyError where Twenty cannot be asked.
    """
    folded = [(due, fold(due.callbacks)) for due in due_calls]
    unknown = {number for due, call in folded if not due.matched and (number := _number(call, region))}
    candidates = await find_people(client, unknown, region=region)
    prepared = []
    for due, call in folded:
        number = _number(call, region)
        # Who was chosen stays chosen, so that a correction in Twenty holds.
        person = due.person if due.matched else choose(number, candidates.get(number or "", [])).person
        activity = activity_of(call, person, texts=texts, region=region)
        write = Write(activity, first=not due.matched)
        # Of a call whose number is not known yet, nobody was chosen yet.
        matched = due.matched or number is not None
        prepared.append(Prepared(due, matched, person, write, _digest(activity)))
    return prepared


def _number(call: Call, region: str) -> str | None:
    """The other party's number, where it is one that a person can have."""
    return e164(call.other_party, region) if call.other_party else None


def _digest(activity: Activity) -> bytes:
    return blake2b(repr(activity).encode(), digest_size=16).digest()
