"""The bridge's own times by Twilio's clock, which the reports that came at once show."""

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.clocks import by_twilios_clock
from tests.calls.conftest import MORNING, callback, late, stamp


def status(sent: float, *, arrived: float) -> Callback:
    return late(
        callback(Kind.STATUS, at=sent, CallStatus="ringing", Timestamp=stamp(sent)), by=arrived - sent
    )


def event(sent: float, *, arrived: float) -> Callback:
    told = {"StatusCallbackEvent": "participant-hold", "Timestamp": stamp(sent)}
    return late(callback(Kind.CONFERENCE, told, at=sent, SequenceNumber="1"), by=arrived - sent)


def seen(at: float, *, arrived: float) -> Callback:
    """Who was in the conference when Twilio was asked: its time is the bridge's, unless Twilio gave one."""
    told = {"StatusCallbackEvent": "participant-modify", "Timestamp": stamp(at)}
    return late(callback(Kind.CONFERENCE, told, at=at), by=arrived - at)


def act(at: float) -> Callback:
    return callback(Kind.ACT, Act="hold", at=at)


def sent_on(at: float) -> Callback:
    return callback(Kind.TRANSFER, To="client:bob", at=at)


@pytest.mark.parametrize(
    ("told", "times"),
    [
        ([act(5), sent_on(6)], [5, 6]),
        ([status(0, arrived=1), act(5)], [5]),
        # The bridge's clock is ahead: its callbacks came 30 seconds too late by it, and one that Twilio took.
        ([status(0, arrived=31), act(40), sent_on(41)], [10, 11]),
        ([status(0, arrived=31), event(0, arrived=21), act(40)], [20]),
        ([event(0, arrived=21), act(40)], [20]),
        ([act(20), status(0, arrived=31)], [-10]),
        # Of what the bridge saw itself the times say nothing of Twilio's clock.
        ([status(0, arrived=31), seen(35, arrived=35.5), act(40)], [5.5, 10]),
        ([status(0, arrived=31), seen(5, arrived=35), act(40)], [11]),
        # One report was late, and one came at once: so did all that was as quick.
        ([status(0, arrived=5), event(10, arrived=10.5), act(20)], [20]),
        # What arrives before it has happened: the bridge's clock is behind, from then on.
        ([act(1), event(10, arrived=5), act(6), event(7, arrived=8), act(9)], [1, 11, 14]),
    ],
)
def test_the_time_of_what_the_bridge_did(told: list[Callback], times: list[float]) -> None:
    for order in (told, told[::-1]):
        put = list(by_twilios_clock(order))
        own = [c for c in put if c not in told or c.kind in (Kind.ACT, Kind.TRANSFER)]
        assert [(c.received_at - MORNING).total_seconds() for c in own] == times
        assert all(c.timestamp is None for c in own)
        assert len(put) == len(told)
