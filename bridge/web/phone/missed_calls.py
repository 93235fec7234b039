"""The missed calls that a page counts, kept up to date by the calls that change."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from bridge.web.phone.history import MOST_MISSED, is_seen
from bridge.web.phone.summaries import Summary


class MissedCalls(Struct):
    """`calls` holds those that count, by SID; `seen_at` is the time up to which the agent has seen them."""

    calls: dict[str, Summary] = field(default_factory=dict)
    seen_at: datetime | None = None

    def __len__(self) -> int:
        return len(self.calls)

    def __contains__(self, root_sid: str) -> bool:
        return root_sid in self.calls

    @property
    def numbers(self) -> Iterable[str]:
        """Whom to call back."""
        return (one.number for one in self.calls.values() if one.number)

    def hear(self, one: Summary, *, is_back: bool) -> bool:
        """Takes a call that changed, called back or not; returns whether the count changed."""
        before = len(self.calls)
        if one.is_missed and not is_back and not is_seen(one, self.seen_at):
            self.calls[one.root_sid] = one
        else:
            self.calls.pop(one.root_sid, None)
        while len(self.calls) > MOST_MISSED:
            del self.calls[next(iter(self.calls))]
        return len(self.calls) != before

    def reach(self, number: str, at: datetime) -> list[str]:
        """Drops the calls of a number that an agent called, or spoke with, in a call that began then."""
        dropped = [sid for sid, one in self.calls.items() if one.number == number and one.started_at <= at]
        for sid in dropped:
            del self.calls[sid]
        return dropped

    def see(self, seen_at: datetime) -> None:
        """The agent has seen them up to then."""
        self.seen_at = seen_at
        self.calls = {sid: one for sid, one in self.calls.items() if not is_seen(one, seen_at)}
