"""So many a minute: whatever the order of requests, and however many keys there are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import TooManyRequests
from bridge.web.authentication.rates import MINUTE, Rate


class Clock:
    """Stands until somebody moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(rate: Rate, key: str, *, per_minute: int) -> int:
    """After how many seconds to come back; 0 where it was taken."""
    try:
        rate.take(key, per_minute=per_minute)
    except TooManyRequests as error:
        return error.retry_after
    return 0


def test_a_minutes_worth_at_once_then_one_by_one() -> None:
    clock = Clock()
    rate = Rate("Too many", clock=clock)
    assert [refused(rate, "a", per_minute=3) for _ in range(5)] == [0, 0, 0, 20, 20]
    clock.now += 19
    assert refused(rate, "a", per_minute=3) == 1
    clock.now += 1
    assert [refused(rate, "a", per_minute=3) for _ in range(2)] == [0, 20]
    assert refused(rate, "b", per_minute=3) == 0


def test_the_refusal_says_what_is_allowed_and_when() -> None:
    rate = Rate("Too many tokens", clock=Clock())
    rate.take("a", per_minute=1)
    with pytest.raises(TooManyRequests) as refusal:
        rate.take("a", per_minute=1)
    assert str(refusal.value) == "Too many tokens: 1 a minute are allowed. Try again in 60 s."


@given(per_minute=st.integers(1, 50), waits=st.lists(st.floats(0, 30), max_size=60))
def test_no_minute_has_more_than_twice_its_number_and_who_waits_is_served(
    per_minute: int, waits: list[float]
) -> None:
    clock, taken = Clock(), []
    rate = Rate("Too many", clock=clock)
    for wait in waits:
        clock.now += wait
        after = refused(rate, "a", per_minute=per_minute)
        if after:
            clock.now += after
            assert refused(rate, "a", per_minute=per_minute) == 0
        taken.append(clock.now)
    for earlier, later in pairwise(range(0, len(taken), 2 * per_minute)):
        assert taken[later] - taken[earlier] >= MINUTE - 0.001


def test_memory_is_bounded_and_the_quietest_are_forgotten() -> None:
    rate = Rate("Too many", clock=Clock(), most=3)
    for key in ("a", "b", "c", "a", "d"):
        refused(rate, key, per_minute=1)
    assert {key: bool(refused(rate, key, per_minute=1)) for key in ("a", "d", "b")} == {
        "a": True,
        "d": True,
        "b": False,
    }
