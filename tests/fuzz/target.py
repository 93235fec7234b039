"""What a fuzz target is: something that reads foreign input, and what holds of each result."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAYLOADS = HERE.parent / "payloads"
CONFORMANCE = HERE.parent / "conformance"


def as_text(data: bytes) -> str:
    """UTF-8 with halves of surrogate pairs, as JSON's escapes can make them; other bytes are Latin-1."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def as_bytes(data: bytes) -> bytes:
    return data


@dataclass(frozen=True, slots=True)
class Around:
    """What stands before and behind a piece that is repeated until the whole is large."""

    before: bytes = b""
    behind: bytes = b""

    def grown(self, piece: bytes, size: int) -> bytes:
        """About `size` bytes."""
        room = max(0, size - len(self.before) - len(self.behind))
        return self.before + piece * (room // len(piece)) + self.behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`work` is the bridge's own, on what `read` makes of the bytes; `holds` asserts what is claimed of it.

    `largest` is how many bytes the bridge takes there, `words` are put into inputs, and `grows` are the
    places at which an input grows. `forget` clears caches, before the time of a piece of work is taken.
    """

    work: Callable[[Any], Any]
    holds: Callable[[Any, Any], None]
    seeds: Callable[[], Iterator[bytes]]
    largest: int
    read: Callable[[bytes], Any] = as_text
    words: Sequence[bytes] = ()
    grows: Sequence[Around] = (Around(),)
    forget: Sequence[Callable[[], None]] = ()

    def check(self, data: bytes) -> None:
        """Fails where the work fails, or its result is not what it should be."""
        given = self.read(data)
        self.holds(given, self.work(given))

    def timed(self, data: bytes) -> Callable[[], object]:
        """The work alone, each time as if it were the first."""
        given = self.read(data)

        def work() -> object:
            for forget in self.forget:
                forget()
            return self.work(given)

        return work


def forms() -> Iterator[bytes]:
    """Twilio's forms, as recorded."""
    for path in sorted(PAYLOADS.glob("*.form")):
        yield path.read_bytes().strip()


def twenty_webhooks() -> Iterator[bytes]:
    """Bodies of Twenty's webhooks, as recorded."""
    for line in (PAYLOADS / "twenty-webhooks.jsonl").read_bytes().splitlines():
        yield json.loads(line)["raw_body"].encode()


def recordings() -> Iterator[Any]:
    """What a real Twenty answered, as recorded."""
    for path in sorted(CONFORMANCE.glob("*.json")):
        yield json.loads(path.read_bytes())


def texts_in(value: Any) -> Iterator[str]:
    """All texts of a JSON value, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
    elif isinstance(value, str):
        yield value
