"""The rate limit: two token buckets a workspace, one token a root field, for API keys."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.sandbox.twenty.errors import ApiError, LimitReached, QuotaExhausted, RateLimited

STOCK_OF_RECORDS = 10_000_000
_ROUNDING = 1e-9


@dataclass
class Bucket:
    """A token bucket that refills steadily."""

    size: int
    period_ms: int
    tokens: float = field(init=False)
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.size

    def take(self, now: float) -> bool:
        """Take a token, where there is one. `now` in seconds."""
        refill = (now - self.filled_at) * 1000 * self.size / self.period_ms
        self.tokens, self.filled_at = min(self.size, self.tokens + refill), now
        if self.tokens < 1 - _ROUNDING:
            return False
        self.tokens -= 1
        return True

    @property
    def wait_ms(self) -> int:
        """Until the next token."""
        return math.ceil(max(0.0, 1 - self.tokens) * self.period_ms / self.size)


@dataclass
class Limiter:
    """100 root fields a second and 100 a minute, as a Twenty has it unless configured."""

    enabled: bool = True
    second: bool = False
    """Whether a refusal has the second form, which says how long to wait."""
    clock: Callable[[], float] = time.monotonic
    short: Bucket = field(default_factory=lambda: Bucket(100, 1000))
    long: Bucket = field(default_factory=lambda: Bucket(100, 60_000))

    def take(self, spender: str) -> None:
        """Take a token for the API key of this id; raises ApiError where there is none."""
        now = self.clock()
        for bucket in (self.short, self.long) if self.enabled else ():
            if not bucket.take(now):
                raise self.refusal(bucket, spender)

    def refusal(self, bucket: Bucket, spender: str) -> ApiError:
        if self.second:
            return RateLimited(
                limit=bucket.size,
                seconds=bucket.period_ms / 1000,
                retry_after_ms=max(bucket.wait_ms, bucket.period_ms // bucket.size),
                spender=spender,
            )
        return LimitReached(f"Limit reached ({bucket.size} tokens per {bucket.period_ms} ms)")


def no_stock(workspace_id: str) -> QuotaExhausted:
    """The refusal of a new record where the workspace holds as many as it may."""
    return QuotaExhausted(limit=STOCK_OF_RECORDS, workspace_id=workspace_id)
