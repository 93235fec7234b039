"""The token bucket: one token a root field, for API keys, refilling steadily."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twenty.errors import LimitReached, RateLimited
from bridge.sandbox.twenty.limits import Bucket, Limiter

Ask = Callable[..., Awaitable[Any]]

ONE = "{people(first: 1) {totalCount}}"
TWO = "{people(first: 1) {totalCount} companies(first: 1) {totalCount}}"
LIMIT = {
    "message": "Limit reached (100 tokens per 60000 ms)",
    "extensions": {
        "subCode": "LIMIT_REACHED",
        "userFriendlyMessage": "Rate limit reached. Please try again later.",
        "code": "BAD_USER_INPUT",
    },
}


@pytest.mark.parametrize(
    ("waited", "tokens"),
    [(0.0, 0), (0.5, 0), (0.7, 1), (1.3, 2), (60.0, 100), (3600.0, 100)],
)
def test_an_empty_bucket_refills_by_1_67_tokens_a_second(waited: float, tokens: int) -> None:
    bucket = Bucket(100, 60_000)
    assert all(bucket.take(now=10.0) for _ in range(100))
    assert all(bucket.take(now=10.0 + waited) for _ in range(tokens))
    assert not bucket.take(now=10.0 + waited)


def test_the_second_version_says_when_there_is_a_token_again() -> None:
    now = [0.0]
    limiter = Limiter(second=True, clock=lambda: now[0], short=Bucket(1000, 1000))
    for _ in range(100):
        limiter.take("key")
    with pytest.raises(RateLimited) as refused:
        limiter.take("key")
    now[0] = float(str(refused.value.details["retryAfterMs"])) / 1000
    limiter.take("key")


def test_the_short_bucket_refuses_a_burst_that_the_long_one_would_allow() -> None:
    limiter = Limiter(clock=lambda: 0.0, short=Bucket(10, 1000))
    for _ in range(10):
        limiter.take("key")
    with pytest.raises(LimitReached, match="10 tokens per 1000 ms"):
        limiter.take("key")


async def spend_all(ask: Ask) -> tuple[int, Any]:
    """How many root fields were allowed, and the answer to the one that was not.

    A slow machine gets a few more than the hundred: the bucket fills meanwhile.
    """
    for allowed in range(1000):
        answer = await ask(ONE)
        if "errors" in answer:
            return allowed, answer
    raise AssertionError("nothing was refused")


async def test_after_a_hundred_root_fields_it_refuses(ask: Ask) -> None:
    for _ in range(10):
        assert "errors" not in await ask(TWO)
    allowed, refusal = await spend_all(ask)
    assert allowed >= 80
    assert refusal == {"data": {"people": None}, "errors": [LIMIT]}


async def test_each_root_field_is_refused_for_itself(ask: Ask) -> None:
    await spend_all(ask)
    answer = await ask(TWO)
    assert answer == {"data": {"people": None, "companies": None}, "errors": [LIMIT, LIMIT]}


async def test_users_and_metadata_are_not_limited(sandbox: TwentySandbox, ask: Ask) -> None:
    await spend_all(ask)
    assert "errors" not in await ask(ONE, token=sandbox.user_token)
    assert "errors" not in await ask("{currentWorkspace {id}}", to="/metadata")


async def test_the_limit_can_be_lifted(asker: Callable[[TwentySandbox], Ask]) -> None:
    async with twenty_sandbox(rate_limit=False) as sandbox:
        ask = asker(sandbox)
        assert all(["errors" not in await ask(ONE) for _ in range(120)])
        assert sandbox.root_fields == 120
        assert sandbox.requests[0].root_fields == ("people",)
