"""The rate limit: two token buckets a workspace, one token a root field, for API keys."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.sandbox.twenty.errors import LimitReached


@dataclass
class Bucket:
    """A token bucket that refills steadily."""

    size: int
    period_ms: int
    tokens: float = field(init=False)
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.size

    def take(self, now: float) -> None:
        """Take a token; raises LimitReached where there is none. `now` in seconds."""
        refill = (now - self.filled_at) * 1000 * self.size / self.period_ms
        self.tokens, self.filled_at = min(self.size, self.tokens + refill), now
        if self.tokens < 1:
            raise self.exhausted()
        self.tokens -= 1

    def exhausted(self) -> LimitReached:
        return LimitReached(f"Limit reached ({self.size} tokens per {self.period_ms} ms)")


@dataclass
class Limiter:
    """100 root fields a second and 100 a minute, as a Twenty has it unless configured."""

    enabled: bool = True
    clock: Callable[[], float] = time.monotonic
    short: Bucket = field(default_factory=lambda: Bucket(100, 1000))
    long: Bucket = field(default_factory=lambda: Bucket(100, 60_000))

    def take(self) -> None:
        if self.enabled:
            now = self.clock()
            self.short.take(now)
            self.long.take(now)
