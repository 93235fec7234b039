"""What the bridge shall reach, by the figures of one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Found = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """`figure` finds what was measured; it shall be at least, or at most, so much."""

    what: str
    figure: Callable[[Found], float]
    at_least: float | None = None
    at_most: float | None = None

    def measured(self, found: Found) -> float | None:
        """None where it was left out."""
        try:
            return self.figure(found)
        except LookupError:
            return None

    def met(self, figure: float) -> bool:
        """Whether a figure is on the right side."""
        return figure >= (self.at_least or 0) and (self.at_most is None or figure <= self.at_most)

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least else f"≤ {self.at_most:g}"


def _carried(found: Found) -> float:
    """The most calls a second, if every one was logged."""
    most = found["whole"]["at"]["most"]
    return 0.0 if most["wrong"] or most["not_acknowledged"] else float(most["calls_per_s"])


def _beside(kind: str, peer: str) -> Callable[[Found], float]:
    """Requests for each of a peer's, in the same CPU time."""
    return lambda found: float(found["http"][kind][f"ratio_to_{peer}"])


BESIDE = {
    "Express, bare": ("express", {"token": 5, "voice": 1.2, "status": 1.3}),
    "Express, same work": ("express_same_work", {"token": 2.5, "voice": 2.5, "status": 2.5}),
    "a bare aiohttp handler": ("bare_aiohttp", {"token": 0.4, "voice": 0.3, "status": 0.35}),
}

GOALS: Sequence[Goal] = (
    *(
        Goal(f"{kind}: beside {peer}", _beside(kind, name), at_least=wanted)
        for peer, (name, goals) in BESIDE.items()
        for kind, wanted in goals.items()
    ),
    Goal(
        "status on PostgreSQL, its time included: beside same work",
        lambda f: f["durable"]["32"]["postgresql_to_same_work"],
        at_least=2,
    ),
    Goal("start to ready, s", lambda f: f["start"]["ready_s"], at_most=0.5),
    Goal("idle memory, MB", lambda f: f["start"]["idle_mb"], at_most=80),
    Goal("drain: CPU ms a call", lambda f: f["drain"]["cpu_us_per_call"] / 1000, at_most=0.25),
    Goal("drain: calls a root field", lambda f: f["drain"]["calls_per_root_field"], at_least=60),
    Goal("whole way: calls a second, all logged", _carried, at_least=100),
    Goal(
        "whole way: p99 of a 204 at 100 calls a second, ms",
        lambda f: f["whole"]["at"]["100"]["acknowledged_ms"]["p99"],
        at_most=50,
    ),
)


def show(found: Found) -> None:
    """The table of docs/performance.md, to be put there as it is."""
    print("| goal | measured | wanted | |\n| --- | ---: | ---: | --- |")
    for goal in GOALS:
        figure = goal.measured(found)
        measured = "" if figure is None else f"{figure:.2f}".rstrip("0").rstrip(".")
        verdict = "left out" if figure is None else "met" if goal.met(figure) else "**missed**"
        print(f"| {goal.what} | {measured} | {goal} | {verdict} |")
