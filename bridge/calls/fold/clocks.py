"""The times of agents' acts by Twilio's clock: the bridge's own clock possibly differs from it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind

SECOND = timedelta(seconds=1)
"""Twilio's times are whole seconds."""


def by_twilios_clock(callbacks: Iterable[Callback]) -> Iterator[Callback]:
    """The callbacks in order of arrival; those of the bridge's own as if received by Twilio's clock.

    What Twilio reported before an act happened before it, also where the clocks say otherwise.
    """
    arrived = sorted(callbacks, key=lambda c: (c.received_at, c.digest))
    ahead = _ahead(arrived)
    for callback in arrived:
        if _is_timed_here(callback):
            here = callback.received_at - ahead
            yield replace(callback, received_at=here, parameters=_without_timestamp(callback))
        else:
            yield callback
            # What arrives before it has happened shows that the bridge's clock is behind.
            at = callback.timestamp
            ahead = min(ahead, callback.received_at - at) if at else ahead


def _ahead(callbacks: Sequence[Callback]) -> timedelta:
    """How far the bridge's clock is ahead for certain, if one of Twilio's callbacks came at once."""
    sent = (c for c in callbacks if c.kind in (Kind.STATUS, Kind.CONFERENCE) and not _is_timed_here(c))
    took = [c.received_at - at for c in sent if (at := c.timestamp)]
    return max(min(took, default=SECOND) - SECOND, timedelta())


def _is_timed_here(callback: Callback) -> bool:
    """Whether its time is of the bridge's clock: an act, or who was in a conference when Twilio was asked."""
    if callback.kind is not Kind.CONFERENCE:
        return callback.kind in (Kind.ACT, Kind.TRANSFER)
    at = callback.timestamp
    is_asked = callback.get("SequenceNumber") is None
    return is_asked and (at is None or abs(callback.received_at - at) <= SECOND)


def _without_timestamp(callback: Callback) -> dict[str, str]:
    return {name: value for name, value in callback.parameters.items() if name != "Timestamp"}
