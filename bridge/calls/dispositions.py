"""What agents say came of a call."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.calls.callback import Callback, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """What an agent said, in a word and at length; `id` is the same for the same, said again."""

    id: str
    outcome: str
    note: str
    agent: str
    at: datetime


def dispositions(callbacks: Iterable[Callback]) -> tuple[Disposition, ...]:
    """Each once, the first one first; the same for every order of the same callbacks."""
    said = [_disposition(callback) for callback in callbacks if callback.kind is Kind.DISPOSITION]
    ordered = sorted(said, key=lambda d: (d.at, d.id), reverse=True)
    earliest = {disposition.id: disposition for disposition in ordered}
    return tuple(sorted(earliest.values(), key=lambda d: (d.at, d.id)))


def _disposition(callback: Callback) -> Disposition:
    return Disposition(
        id=callback.parameters["Id"],
        outcome=callback.get("Outcome") or "",
        note=callback.get("Note") or "",
        agent=callback.get("Agent") or "",
        at=callback.received_at,
    )
