"""Starting recordings, ending them, and telling about it."""

from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.calls.fetch import attribute_webhook
from bridge.sandbox.twilio.effects import Flow, Notify, Request
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.twiml import Element

NOT_RECORDED = frozenset({"", "false", "do-not-record"})


def start_recording(
    call: Call, verb: Element, *, source: str, at: float, channels: int, track: str = "both"
) -> Recording:
    """A recording of this call; a recording's CallSid is always the parent's."""
    recording = Recording(
        sid=new_sid("RE"),
        call_sid=call.leg.sid,
        source=source,
        started=call.leg.clock.when(at),
        began_at=at,
        channels=channels,
        track=track,
        callback=attribute_webhook(call, verb, "recordingStatusCallback"),
        events=frozenset(verb.get("recordingStatusCallbackEvent", "completed").split()),
    )
    call.account.keep_recording(recording)
    return recording


def record_dial(call: Call, verb: Element, *, source: str, since: float) -> Recording | None:
    """The recording that a `<Dial>` asks for, if it does."""
    asked = verb.get("record")
    if asked in NOT_RECORDED:
        return None
    channels = 2 if asked.endswith("dual") else 1
    track = verb.get("recordingTrack", "both")
    return start_recording(call, verb, source=source, at=since, channels=channels, track=track)


def tell_started(call: Call, recording: Recording) -> Flow[None]:
    """The in-progress event, if it was asked for."""
    if recording.callback and "in-progress" in recording.events:
        yield Notify(call.now, recording_request(call, recording))


def finish_recording(call: Call, recording: Recording, *, at: float) -> None:
    """Ends a recording; its callback follows a little later than the call goes on."""
    if not recording.is_over:
        recording.finish(at)
    if recording.callback and recording.status in recording.events:
        call.later.append(recording_request(call, recording))
    recording.callback = None


def finish_recordings(call: Call) -> Flow[None]:
    """Ends what is still recorded when the call does (such as what the REST API started).

    What was stopped before is told of then, too: it is ready some time after.
    """
    yield from ()
    for recording in call.account.recordings_of(call.leg.sid):
        if recording.callback or not recording.is_over:
            finish_recording(call, recording, at=call.now)


def recording_request(call: Call, recording: Recording) -> Request:
    """The callback about a recording."""
    if recording.callback is None:
        raise ValueError(recording.sid)
    params = recording.parameters(api_url=call.account.api_url, account_sid=call.account.sid)
    return Request("recording", recording.callback, params)
