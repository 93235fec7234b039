"""How the CPU time of a piece of work grows with its input: a ratio, never a limit in seconds."""

import gc
import time
from collections.abc import Callable, Iterator

COARSE = 0.001
"""Seconds below which the clock says little."""
AT_MOST = 20
TRIES = 3


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
    took too long is timed again, twice: on a busy machine other work slows down one size and not the other.
    """
    for _ in range(TRIES - 1):
        if not any(_too_long(work, sizes)):
            return
    for size, now, before in _too_long(work, sizes):
        raise AssertionError(f"{what!r} of size {size}: {now:.4f} s after {before:.4f} s")


def _too_long(
    work: Callable[[int], Callable[[], object]], sizes: tuple[int, ...]
) -> Iterator[tuple[int, float, float]]:
    """The sizes that took too long, with their seconds and those of the size before."""
    before = 0.0
    for size in sizes:
        now = seconds(work(size), least_of=3)
        if before and now >= AT_MOST * before:
            yield size, now, before
        before = max(now, COARSE)


def short() -> float:
    """CPU seconds in which this machine adds half a million numbers: short work, on any machine."""
    return seconds(lambda: sum(range(500_000)), least_of=3)
