"""Two people talk, until one hangs up, the time is over, or the REST API intervenes."""

from typing import Protocol

from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.recording import finish_recording, record_dial, tell_started
from bridge.sandbox.twilio.calls.ring import Rung
from bridge.sandbox.twilio.effects import Came, Command, Flow, Fork, Request
from bridge.sandbox.twilio.parties import Caller
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.twiml import Document, Element

FOUR_HOURS = 14_400


class Kept(Protocol):
    """What is kept of a conversation: its recording, and whether the one who was rung was taken elsewhere."""

    recording: Recording | None
    moved: bool


def talk(call: Call, verb: Element, answered: Rung, outcome: Kept) -> Flow[None]:
    """The conversation; its leg is over afterwards, unless it was taken elsewhere."""
    recording = record_dial(call, verb, source="DialVerb", since=_recorded_since(call, verb, answered))
    outcome.recording = recording
    if recording is not None:
        yield from tell_started(call, recording)
    try:
        command = yield from _converse(call, verb, answered)
    except (HungUp, Redirected):
        yield from _end(call, answered, recording)
        raise
    step = command.step if isinstance(command, Command) else None
    if step is not None:
        outcome.moved = True
        yield _take_elsewhere(call, answered, step)
    yield from _end(call, answered, recording, leg_goes_on=step is not None)


def _converse(call: Call, verb: Element, answered: Rung) -> Flow[Came | None]:
    longest = verb.seconds("timeLimit", FOUR_HOURS)
    talks = answered.party.talks
    ends_after = longest if talks is None else min(talks, longest)
    started_at = call.now if answered.leg.answered_at is None else answered.leg.answered_at
    return (yield from call.wait(max(call.now, started_at + ends_after), held=talks is None))


def _recorded_since(call: Call, verb: Element, answered: Rung) -> float:
    return answered.leg.started_at if "ringing" in verb.get("record") else call.now


def _end(call: Call, answered: Rung, recording: Recording | None, *, leg_goes_on: bool = False) -> Flow[None]:
    if not leg_goes_on:
        yield from call.announce(answered.leg, "completed")
    if recording is not None:
        # What is recorded begins a moment after the answer: recorded calls show a second less.
        finish_recording(call, recording, at=max(recording.began_at, call.now - 1))


def _take_elsewhere(call: Call, answered: Rung, step: Request | Document) -> Fork:
    """The REST API redirects the one who was rung: a line of its own, that rings its own legs."""
    leg, party = answered.leg, answered.party
    hangs_up_at = None if party.talks is None else (leg.answered_at or call.now) + party.talks
    scripted = Caller(hangs_up_after=hangs_up_at, says=party.says, speaks=party.speaks)
    follower = Call(
        account=call.account,
        leg=leg,
        played=call.played,
        caller=Caller.live() if party.is_live else scripted,
        now=call.now,
    )
    return Fork(follower, step)
