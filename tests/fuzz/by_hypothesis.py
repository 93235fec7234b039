"""Where there is no atheris: hypothesis looks for inputs that reach more lines of the bridge."""

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import hypothesis
from hypothesis import strategies as st

from tests.fuzz.target import Target

BRIDGE = f"{__file__.rpartition('/tests/')[0]}/bridge/"
EXAMPLES = 200
"""In one search; a further one begins anew until the time is over."""


@st.composite
def edited(draw: st.DrawFn, seeds: list[bytes], words: list[bytes]) -> bytes:
    """A seed in which parts are replaced by words, by other parts, or by any bytes."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 6))):
        at, gone = draw(st.integers(0, len(data))), draw(st.integers(0, 12))
        new = draw(st.binary(max_size=6) | st.sampled_from(words) | st.sampled_from(seeds))
        data = data[:at] + new + data[at + gone :]
    return data


def search(target: Target, seconds: float) -> bytes | None:
    """An input that fails, the smallest that hypothesis found; None where none was found in time."""
    ends, failing = time.monotonic() + seconds, None
    while failing is None and time.monotonic() < ends:
        failing = _one_search(target, ends)
    return failing


def _one_search(target: Target, ends: float) -> bytes | None:
    failed: list[bytes] = []

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(edited(list(target.seeds()), list(target.words) or [b""]))
    def one(data: bytes) -> None:
        if time.monotonic() > ends:
            return
        try:
            hypothesis.target(float(lines_of(target.check, data)))
        except Exception:
            failed.append(data)
            raise

    try:
        one()
    except Exception:
        return failed[-1] if failed else None
    return None


def lines_of(check: Callable[[bytes], None], data: bytes) -> int:
    """How many lines of the bridge run."""
    lines: set[tuple[str, int]] = set()

    def within(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return within

    def entering(frame: FrameType, _event: str, _argument: Any) -> Any:
        return within if frame.f_code.co_filename.startswith(BRIDGE) else None

    before = sys.gettrace()
    sys.settrace(entering)
    try:
        check(data)
    finally:
        sys.settrace(before)
    return len(lines)
