"""A call's summary: what it was about, what was agreed, and the next steps."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from msgspec import Struct, to_builtins


class Point(Struct, frozen=True):
    """One sentence, and the second of its transcript that it comes from, if the model named one."""

    text: str
    second: int | None = None


class CallSummary(Struct, frozen=True, kw_only=True):
    """A model's summary, as text for people; nothing in it is followed.

    `model` and `prompt` (its version) say where it comes from.
    """

    about: tuple[Point, ...]
    agreed: tuple[Point, ...] = ()
    next_steps: tuple[Point, ...] = ()
    model: str
    prompt: str

    @property
    def points(self) -> Iterator[Point]:
        """All points, in the order in which they are shown."""
        yield from self.about
        yield from self.agreed
        yield from self.next_steps

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        stored: dict[str, Any] = to_builtins(self)
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Reads the stored form."""
        return cls(
            about=_points(stored["about"]),
            agreed=_points(stored["agreed"]),
            next_steps=_points(stored["next_steps"]),
            model=stored["model"],
            prompt=stored["prompt"],
        )


def _points(stored: list[dict[str, Any]]) -> tuple[Point, ...]:
    return tuple(Point(one["text"], one["second"]) for one in stored)
