"""Twenty's rate limit, which it names only where it refuses."""

from bridge.doctor.checks import Verdict, warning
from bridge.errors import TwentyOverLimit


def told(refused: TwentyOverLimit, set_to: int) -> Verdict:
    """What a refusal says of `twenty.requests_per_minute`."""
    limit, window = refused.limit, refused.window
    again = _again(refused)
    if limit is None or not window:
        return warning("The workspace's rate limit is used up.", again)
    allowed = int(limit * 60 / window)
    if allowed < set_to:
        return warning(
            f"Twenty allows {allowed} root fields a minute, and the bridge counts on {set_to}.",
            f"Set twenty.requests_per_minute to {max(allowed, 1)}, or raise API_RATE_LIMITING_LONG_LIMIT of "
            "Twenty's server.",
        )
    return warning(
        f"The workspace's rate limit is used up: {limit} root fields per {window:g} s.",
        f"{again} If it is always so, others spend it, too: lower twenty.requests_per_minute.",
    )


def _again(refused: TwentyOverLimit) -> str:
    if refused.retry_after is None:
        return "Ask again in a minute."
    return f"Ask again in {max(1, round(refused.retry_after))} s."
