"""Compares this machine's clock with the `Date` headers of Twilio and Twenty."""

from collections.abc import Iterator
from datetime import UTC, datetime

import aiohttp
from aiohttp import hdrs

from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.language.phrase import phrase
from bridge.network.errors import moment_of, why

OFF_SECONDS, TOO_FAR_SECONDS = 5, 60
"""Twilio accepts a token later if the clock that made it is ahead; `Date` has whole seconds."""

FIX = phrase("Set the clock: timedatectl set-ntp true, or the host's time service.")


def checks(session: aiohttp.ClientSession, *, twilio_url: str, twenty_url: str) -> Iterator[Check]:
    """The checks against Twilio's clock, which decides about tokens, and Twenty's."""
    yield Check("clock.twilio", lambda: _compare(session, twilio_url, "Twilio"), FIX)
    yield Check("clock.twenty", lambda: _compare(session, f"{twenty_url}/healthz", "Twenty"), FIX)


async def _compare(session: aiohttp.ClientSession, url: str, who: str) -> Verdict:
    try:
        async with session.get(url, allow_redirects=False) as answer:
            there = moment_of(answer.headers.get(hdrs.DATE))
    except (aiohttp.ClientError, OSError) as away:
        return warning(
            phrase("{who} does not tell the time: {reason}.", who=who, reason=why(away)),
            phrase("Run doctor again when it answers."),
        )
    if there is None:
        return warning(
            phrase("{who} does not tell the time.", who=who),
            phrase("Compare the clock by hand: timedatectl."),
        )
    return verdict(datetime.now(UTC), there, who)


def verdict(here: datetime, there: datetime, who: str) -> Verdict:
    """How far apart two clocks are."""
    seconds = (here - there).total_seconds()
    # The header has no fractions of a second.
    apart = max(0.0, abs(seconds) - 1)
    reason = (
        phrase("This machine's clock is {apart:.0f} s ahead of {who}'s.", apart=apart, who=who)
        if seconds > 0
        else phrase("This machine's clock is {apart:.0f} s behind {who}'s.", apart=apart, who=who)
    )
    if apart >= TOO_FAR_SECONDS:
        return error(reason, FIX)
    return warning(reason, FIX) if apart >= OFF_SECONDS else ok(reason)
