"""Twenty's rate limit, which it names only where it refuses: `Limit reached (100 tokens per 60000 ms)`."""

import re

from bridge.doctor.checks import Verdict, warning

NAMED = re.compile(r"\((\d+) tokens per (\d+) ms\)")


def told(refusal: str, set_to: int) -> Verdict:
    """What a refusal says of `twenty.requests_per_minute`."""
    named = NAMED.search(refusal)
    if named is None:
        return warning("The workspace's rate limit is used up.", "Ask again in a minute.")
    tokens, milliseconds = int(named[1]), int(named[2])
    allowed = tokens * 60_000 // max(milliseconds, 1)
    if allowed < set_to:
        return warning(
            f"Twenty allows {allowed} root fields a minute, and the bridge counts on {set_to}.",
            f"Set twenty.requests_per_minute to {allowed}, or raise API_RATE_LIMITING_LONG_LIMIT of Twenty's "
            "server.",
        )
    return warning(
        f"The workspace's rate limit is used up: {tokens} root fields per {milliseconds / 1000:g} s.",
        "Ask again in a minute. If it is always so, others spend it, too: lower twenty.requests_per_minute.",
    )
