"""Measures side by side: what is compared takes turns, as a machine is slower at one time than at another."""

from collections.abc import Awaitable, Callable, Mapping
from statistics import median, quantiles
from typing import TypeVar

Figures = dict[str, float]
Measured = TypeVar("Measured")


async def medians(
    measured: Mapping[str, Measured],
    play: Callable[[Measured, int], Awaitable[Figures]],
    *,
    rounds: int,
    digits: int = 1,
) -> dict[str, Figures]:
    """The figures of each by name; `play` gets the round's number, and round 0 warms up."""
    found: dict[str, list[Figures]] = {name: [] for name in measured}
    for number in range(rounds + 1):
        for name, one in measured.items():
            figures = await play(one, number)
            if number:
                found[name].append(figures)
    return {name: _median(rounds, digits) for name, rounds in found.items()}


def _median(rounds: list[Figures], digits: int) -> Figures:
    return {figure: round(median(one[figure] for one in rounds), digits) for figure in rounds[0]}


def percentiles_ms(seconds: list[float]) -> Figures:
    """The median and the 99th percentile, in milliseconds."""
    hundredths = quantiles(seconds, n=100)
    return {"p50_ms": hundredths[49] * 1000, "p99_ms": hundredths[98] * 1000}
