"""Connecting the sound of two ends: through a relay where both can, else with a silent description."""

from bridge.sandbox.twilio.signalling.ends import End
from bridge.sandbox.twilio.signalling.relay import Relay, Weather
from bridge.sandbox.twilio.signalling.sdp import silent_offer, through


async def introduce(caller: End | None, callee: End, weather: Weather) -> str:
    """The offer with which a callee is rung: the caller's, if the two can be connected."""
    offer = None if caller is None else await caller.device.offer(caller)
    if offer is None:
        return silent_offer()
    callee.relay = await Relay.open(weather)
    return through(offer, callee.relay.callee.number)


async def connect(caller: End, callee: End) -> None:
    """The callee has answered: the caller gets its description, now or when the call is picked up."""
    caller.peer, callee.peer = callee, caller
    answer, callee.pending = callee.pending, ""
    if callee.relay is None or not answer:
        return
    answer = through(answer, callee.relay.caller.number)
    if caller.leg.answered_at is None:
        caller.pending = answer
    else:
        await caller.device.connect(caller, answer)
