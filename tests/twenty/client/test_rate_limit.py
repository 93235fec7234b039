"""Limits and quotas, in both versions of what Twenty answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import TwentyOverLimit, TwentyQuotaExhausted, TwentyUnavailable
from bridge.twenty.client.errors import refusal
from bridge.twenty.client.retrying import RetryingClient

FIRST = "Limit reached (100 tokens per 60000 ms)"
SECOND = "Rate limit exceeded for apiKey: 120 requests per 60s."
TOLD = {
    "code": "RATE_LIMITED",
    "subCode": "RATE_LIMITED",
    "limitKind": "speed",
    "limit": 120,
    "remaining": 0,
    "windowSeconds": 60,
    "retryAfterMs": 1500,
    "scope": {"spenderType": "apiKey", "spenderId": "20202020"},
}


@pytest.mark.parametrize(
    ("message", "extensions", "said"),
    [
        (FIRST, {"code": "BAD_USER_INPUT", "subCode": "LIMIT_REACHED"}, (100, 60.0, None)),
        (SECOND, TOLD, (120, 60.0, 1.5)),
        ("Too fast.", TOLD, (120, 60.0, 1.5)),
        (SECOND, {"code": "RATE_LIMITED"}, (120, 60.0, None)),
        (SECOND, {"code": "BAD_USER_INPUT", "subCode": "RATE_LIMITED"}, (120, 60.0, None)),
        ("Too fast.", {"code": "RATE_LIMITED", "retryAfterMs": 0}, (None, None, 0.0)),
        ("Too fast.", {"code": "RATE_LIMITED", "retryAfterMs": -5}, (None, None, None)),
        ("Too fast.", {"code": "RATE_LIMITED", "retryAfterMs": "soon"}, (None, None, None)),
        ("Too fast.", {"code": "RATE_LIMITED", "retryAfterMs": float("nan")}, (None, None, None)),
    ],
)
def test_what_is_read_of_a_limit(
    message: str, extensions: dict[str, Any], said: tuple[int | None, float | None, float | None]
) -> None:
    refused = refusal(message, extensions)
    assert isinstance(refused, TwentyOverLimit)
    assert (refused.limit, refused.window, refused.retry_after) == said


def test_a_quota_is_neither_outage_nor_limit() -> None:
    refused = refusal("The stock of records is used up", {"code": "QUOTA_EXHAUSTED", "limitKind": "stock"})
    assert isinstance(refused, TwentyQuotaExhausted)
    assert not isinstance(refused, TwentyUnavailable)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.text(max_size=60) | st.sampled_from([FIRST, SECOND]),
    st.dictionaries(st.sampled_from(sorted(TOLD)), JSON | st.sampled_from(list(TOLD.values()))),
)
def test_no_answer_is_too_odd(message: str, extensions: dict[str, Any]) -> None:
    refused = refusal(message, extensions)
    if isinstance(refused, TwentyOverLimit) and refused.retry_after is not None:
        assert refused.retry_after >= 0


class OverLimit:
    """Refuses so many operations, then takes them."""

    def __init__(self, refusals: int, retry_after: float | None) -> None:
        self._refusals = refusals
        self._retry_after = retry_after

    async def execute(self, name: str, **_variables: Any) -> dict[str, Any]:
        if self._refusals:
            self._refusals -= 1
            raise TwentyOverLimit("over", retry_after=self._retry_after)
        return {"done": name}

    execute_metadata = execute


@pytest.mark.parametrize(("retry_after", "waits"), [(None, 5.0), (0.0, 1.0), (0.5, 1.0), (30.0, 30.0)])
async def test_a_command_waits_as_long_as_it_is_told(retry_after: float | None, waits: float) -> None:
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    for operation in ("execute", "execute_metadata"):
        waited.clear()
        patient = RetryingClient(OverLimit(2, retry_after), pause=pause)
        assert await getattr(patient, operation)("Objects") == {"done": "Objects"}
        assert waited == [waits, waits]


async def test_a_command_does_not_wait_for_ever() -> None:
    async def pause(_seconds: float) -> None:
        pass

    with pytest.raises(TwentyOverLimit):
        await RetryingClient(OverLimit(10**6, 60.0), pause=pause).execute("Objects")
