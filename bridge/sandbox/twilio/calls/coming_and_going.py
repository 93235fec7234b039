"""Who comes into a conference and leaves it, as a call tells of it.

What changes, changes at once and with the time that it is; only then it is told.
"""

from collections.abc import Iterable

from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.calls.recording import recording_request
from bridge.sandbox.twilio.conferences import Conference, Participant
from bridge.sandbox.twilio.effects import Flow, Notify, Request, Wake
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.sids import new_sid


def reach(call: Call, conference: Conference) -> None:
    """The call and the conference come to the later of their times."""
    conference.reach(call.leg.clock.when(call.now))
    call.now = max(call.now, (conference.at - call.leg.clock.epoch).total_seconds())


def come(call: Call, conference: Conference, participant: Participant) -> Flow[None]:
    """The participant is in; perhaps the conference starts with it."""
    starts = conference.admit(participant)
    told = [conference.callback("participant-join", participant)]
    if starts:
        told.append(conference.callback("conference-start"))
        told.append(_start_recording(call, conference))
    yield Wake(tuple(one.leg for one in conference.connected if one is not participant))
    yield from _tell(call, told)


def depart(
    call: Call, conference: Conference, participant: Participant, *, reason: str, status: str
) -> Flow[None]:
    """The participant is out; perhaps the conference ends with it, and others leave by themselves."""
    reach(call, conference)
    put_out = conference.leave(participant, reason)
    more = {"ParticipantCallStatus": status, "ReasonParticipantLeft": participant.left}
    told = [conference.callback("participant-leave", participant, more)]
    if conference.is_over and not conference.participants:
        told.append(conference.callback("conference-end", more=conference.ending))
        told.append(_finish_recording(call, conference))
    yield Wake(tuple(one.leg for one in put_out))
    yield from _tell(call, told)


def _tell(call: Call, requests: Iterable[Request | None]) -> Flow[None]:
    at = call.now
    for request in requests:
        if request is not None:
            yield Notify(at, request)


def _start_recording(call: Call, conference: Conference) -> Request | None:
    settings = conference.settings
    if not settings.records:
        return None
    conference.recording = Recording(
        sid=new_sid("RE"),
        call_sid="",
        conference_sid=conference.sid,
        source="Conference",
        started=conference.at,
        began_at=(conference.at - conference.created).total_seconds(),
        callback=settings.recording_webhook,
        events=settings.recording_events,
    )
    call.account.keep_recording(conference.recording)
    return _about(call, conference.recording)


def _finish_recording(call: Call, conference: Conference) -> Request | None:
    recording = conference.recording
    if recording is None:
        return None
    if not recording.is_over:
        recording.finish((conference.at - conference.created).total_seconds())
    return _about(call, recording)


def _about(call: Call, recording: Recording) -> Request | None:
    is_asked_for = recording.callback and recording.status in recording.events
    return recording_request(call, recording) if is_asked_for else None
