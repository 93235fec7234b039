"""Limits of calls: for each agent and for all agents, in a minute, in an hour and at once."""

from datetime import datetime, timedelta

from msgspec import Struct

from bridge.calls.live_calls import LiveCalls
from bridge.errors import NumberRefused

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Limits(Struct, frozen=True, kw_only=True):
    """The limits. Only placed calls count: after a refused call its agent can try again."""

    agent_minute: int
    agent_hour: int
    agent_at_once: int
    minute: int
    hour: int
    forwarded_minute: int = 60
    forwarded_hour: int = 1000

    def check(self, live_calls: LiveCalls, identity: str, now: datetime) -> None:
        """Raises NumberRefused where one more call would exceed a limit."""
        if live_calls.in_calls(self.agent_at_once, identity, now):
            raise NumberRefused("at_once", f"in {self.agent_at_once} calls already")
        self.check_rate(live_calls, identity, now)

    def check_rate(self, live_calls: LiveCalls, identity: str, now: datetime) -> None:
        """The same for an agent who transfers a caller, and so is in a call already."""
        _check("agent_limit", live_calls.placed_by(identity, now - MINUTE), self.agent_minute, "minute")
        _check("agent_limit", live_calls.placed_by(identity, now - HOUR), self.agent_hour, "hour")
        _check("company_limit", live_calls.placed(now - MINUTE), self.minute, "minute")
        _check("company_limit", live_calls.placed(now - HOUR), self.hour, "hour")

    def check_forwarded(self, live_calls: LiveCalls, now: datetime) -> None:
        """Raises NumberRefused where one more forwarded call would exceed a limit."""
        minute, hour = live_calls.forwarded(now - MINUTE), live_calls.forwarded(now - HOUR)
        _check("forward_limit", minute, self.forwarded_minute, "minute")
        _check("forward_limit", hour, self.forwarded_hour, "hour")

    def is_flooded(self, live_calls: LiveCalls, identity: str, now: datetime) -> bool:
        """Whether the calls refused in an hour reach the limit of placed ones, as only a script does.

        A flooding program does not listen to spoken refusals, and Twilio bills a minute for each.
        """
        since = now - HOUR
        return (
            live_calls.refused_to(identity, since) >= self.agent_hour
            or live_calls.refused(since) >= self.hour
        )


def _check(reason: str, placed: int, most: int, window: str) -> None:
    if placed >= most:
        raise NumberRefused(reason, f"{placed} calls within a {window}")
