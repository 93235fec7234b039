"""How the CPU time of a piece of work grows with its input: a ratio, never a limit in seconds."""

import gc
import time
from collections.abc import Callable, Iterator

COARSE = 0.001
"""Seconds below which the clock says little."""
AT_MOST = 20
TRIES = 3
CLEARLY = 40, 0.5
"""More than so many times as long, and more than so many seconds, is no other work of the machine."""


def seconds(work: Callable[[], object], *, least_of: int = 1) -> float:
    """CPU time of this thread; with `least_of` several runs, since the machine has other work.

    The garbage collector waits: how often it runs depends on what earlier tests left behind.
    """
    took = []
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(least_of):
            began = time.thread_time()
            work()
            took.append(time.thread_time() - began)
    finally:
        if enabled:
            gc.enable()
    return min(took)


def assert_grows_linearly(
    work: Callable[[int], Callable[[], object]], sizes: tuple[int, ...], what: str = ""
) -> None:
    """Eight times the size takes about eight times as long; a square would take 64 times.

    `work` makes the work of a size, which is not timed; each of `sizes` is eight times the one before. What
    took too long is timed again, twice, by the least of three runs: on a busy machine other work slows down
    one size and not the other.
    """
    times, most = CLEARLY
    for tried in range(TRIES):
        found = next(_too_long(work, sizes, least_of=3 if tried else 1), None)
        if not found:
            return
        size, now, before = found
        if now > most and now >= times * before:
            break
    raise AssertionError(f"{what!r} of size {size}: {now:.4f} s after {before:.4f} s")


def _too_long(
    work: Callable[[int], Callable[[], object]], sizes: tuple[int, ...], *, least_of: int
) -> Iterator[tuple[int, float, float]]:
    """The sizes that took too long, with their seconds and those of the size before."""
    before = 0.0
    for size in sizes:
        now = seconds(work(size), least_of=least_of)
        if before and now >= AT_MOST * before:
            yield size, now, before
        before = max(now, COARSE)


def short() -> float:
    """CPU seconds in which this machine adds half a million numbers: short work, on any machine."""
    return seconds(lambda: sum(range(500_000)), least_of=3)
