"""Dispositions: an agent's outcome and note of a call, sent once or while they type."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter

from msgspec import Struct

from bridge.calls.callback import Callback, Kind, digest_of

OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "en": ("Interested", "Not interested", "Call back", "Left a message", "Wrong number"),
    "fr": ("Intéressé", "Pas intéressé", "À rappeler", "Message laissé", "Faux numéro"),
}
"""What agents choose from, where the settings do not say; by language."""


class Disposition(Struct, frozen=True, kw_only=True):
    """What an agent said, in a word and at length; `id` is the same for the same, said again.

    Of a note that the agent types `version` counts how often it changed; what was said once has 0.
    """

    id: str
    outcome: str
    note: str
    agent: str
    at: datetime
    version: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the agent deleted all that they had typed."""
        return not (self.outcome or self.note)


def outcomes_in(language: str) -> tuple[str, ...]:
    """The outcomes to choose from in a language (`fr-FR`)."""
    return OUTCOMES.get(language.partition("-")[0], OUTCOMES["en"])


def dispositions(callbacks: Iterable[Callback]) -> tuple[Disposition, ...]:
    """Each once, the first one first; the same for every order of the same callbacks."""
    every = list(callbacks)
    said = [_disposition(callback) for callback in every if callback.kind is Kind.DISPOSITION]
    ordered = sorted(said, key=lambda d: (d.at, d.id), reverse=True)
    earliest = {disposition.id: disposition for disposition in ordered}
    return tuple(sorted((*earliest.values(), *notes(every)), key=lambda d: (d.at, d.id)))


def notes(callbacks: Iterable[Callback]) -> tuple[Disposition, ...]:
    """The newest note of each agent; the same for every order of the same callbacks."""
    typed = [_note(callback) for callback in callbacks if callback.kind is Kind.NOTE]
    newest = {note.agent: note for note in sorted(typed, key=attrgetter("version", "at"))}
    return tuple(newest[agent] for agent in sorted(newest))


def note_of(agents: Collection[str], callbacks: Iterable[Callback]) -> Disposition | None:
    """The newest note of one agent, under whichever of their identities."""
    own = [note for note in notes(callbacks) if note.agent in agents]
    return max(own, key=attrgetter("at", "version"), default=None)


def note_digest(call_sid: str, agent: str, version: int) -> bytes:
    """What names a version of a note: two that are both based on the same one exclude each other."""
    return digest_of(Kind.NOTE, "", {"CallSid": call_sid, "Agent": agent, "Version": str(version)})


def _disposition(callback: Callback) -> Disposition:
    return Disposition(
        id=callback.parameters["Id"],
        outcome=callback.get("Outcome") or "",
        note=callback.get("Note") or "",
        agent=callback.get("Agent") or "",
        at=callback.received_at,
    )


def _note(callback: Callback) -> Disposition:
    agent = callback.get("Agent") or ""
    return Disposition(
        id=blake2b(f"note\0{agent}".encode(), digest_size=16).hexdigest(),
        outcome=callback.get("Outcome") or "",
        note=callback.get("Note") or "",
        agent=agent,
        at=callback.received_at,
        version=int(callback.parameters["Version"]),
    )
