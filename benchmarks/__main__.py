"""`make bench`: every part that the goals are about, in one run, and a table at the end.

`python -m benchmarks --json` prints `{"machine", "http", "durable", "parts", "drain", "history", "whole",
"start"}`, each as the part's own `--json` does; of `durable` with 32 connections alone. It takes about twelve
minutes. What takes longer is run by itself: `durable` and `history` as a whole, `instructions`, `backlog`,
`growth`, `takeover`, `soak`, `desk`, `felt`, `page`.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from benchmarks import command, drain, durable, goals, history, http, parts, start, whole
from benchmarks.machine import machine

Part = tuple[Callable[[], Awaitable[Any]], Callable[[Any], None]]
PARTS: Mapping[str, Part] = {
    "http": (http.measure, http.show),
    "durable": (lambda: durable.measure({32: 2000}), durable.show),
    "parts": (parts.measure, parts.show),
    "drain": (drain.measure, drain.show),
    "history": (lambda: history.measure(["sqlite"], [0, 100_000]), history.show),
    "whole": (whole.measure, whole.show),
    "start": (start.measure, start.show),
}


async def measure() -> dict[str, Any]:
    """The figures of each part, one after the other."""
    found: dict[str, Any] = {"machine": machine()}
    for name, (part, _) in PARTS.items():
        print(f"{name} ...", file=sys.stderr)
        found[name] = await part()
    return found


def show(found: dict[str, Any]) -> None:
    """Each part's table, and the goals."""
    for name, (_, show_part) in PARTS.items():
        print(f"\n{name}")
        show_part(found[name])
    print(f"\n{found['machine']}\n")
    goals.show(found)


if __name__ == "__main__":
    drain.quiet()
    command.run(__doc__, measure, show)
