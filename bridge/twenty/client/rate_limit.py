"""Reads Twenty's answers over its rate limit (two versions) and over its storage quota.

The first version has subCode LIMIT_REACHED and names the limit in its message alone; the second has code
RATE_LIMITED with the limit and the time to wait in `extensions`. QUOTA_EXHAUSTED is about how much a
workspace stores, not about how fast.
"""

import re
from collections.abc import Mapping
from typing import Any

from bridge.errors import TwentyOverLimit, TwentyQuotaExhausted

OVER_LIMIT = frozenset({"LIMIT_REACHED", "RATE_LIMITED"})
QUOTA = "QUOTA_EXHAUSTED"

NAMED = re.compile(
    r"(?P<limit>[0-9]{1,12}) (?:[a-z]{1,20} )?per (?P<window>[0-9]{1,12}(?:\.[0-9]{1,6})?) ?(?P<unit>ms|s)\b"
)
"""`Limit reached (100 tokens per 60000 ms)`, `Rate limit exceeded for apiKey: 100 requests per 60s.`"""

LARGEST = 10**12


def refusal(message: str, extensions: Mapping[str, Any]) -> TwentyOverLimit | TwentyQuotaExhausted | None:
    """The error for an answer over the limit or the quota; None for other answers."""
    codes = {code for name in ("code", "subCode") if isinstance(code := extensions.get(name), str)}
    if QUOTA in codes:
        return TwentyQuotaExhausted(message)
    if not codes & OVER_LIMIT:
        return None
    limit, window = _named(message)
    told = _number(extensions.get("limit")), _number(extensions.get("windowSeconds"))
    if told[0] and told[1]:
        limit, window = told
    milliseconds = _number(extensions.get("retryAfterMs"))
    return TwentyOverLimit(
        message,
        retry_after=None if milliseconds is None else milliseconds / 1000,
        limit=None if limit is None else int(limit),
        window=window,
    )


def _named(message: str) -> tuple[float | None, float | None]:
    """The limit and its window in seconds, from the message."""
    named = NAMED.search(message)
    if named is None:
        return None, None
    window = float(named["window"]) / (1000 if named["unit"] == "ms" else 1)
    return (float(named["limit"]), window) if window else (None, None)


def _number(told: object) -> float | None:
    """A number that a limit can have; None for NaN, negative numbers and other types."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told) if 0 <= told <= LARGEST else None
