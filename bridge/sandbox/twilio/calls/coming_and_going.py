"""Who comes into a conference and leaves it, as a call tells of it."""

from collections.abc import Mapping

from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.calls.recording import recording_request
from bridge.sandbox.twilio.conferences import Conference, Participant
from bridge.sandbox.twilio.effects import Flow, Notify, Wake
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.sids import new_sid


def reach(call: Call, conference: Conference) -> None:
    """The call and the conference come to the later of their times."""
    conference.reach(call.leg.clock.when(call.now))
    call.now = max(call.now, (conference.at - call.leg.clock.epoch).total_seconds())


def tell_joined(call: Call, conference: Conference, participant: Participant, *, starts: bool) -> Flow[None]:
    """The participant is in; perhaps the conference starts with it."""
    yield from _tell(call, conference, "participant-join", participant)
    if starts:
        yield from _tell(call, conference, "conference-start")
        yield from _start_recording(call, conference)
    yield Wake(tuple(one.leg for one in conference.connected if one is not participant))


def depart(
    call: Call, conference: Conference, participant: Participant, *, reason: str, status: str
) -> Flow[None]:
    """The participant is out; perhaps the conference ends with it, and others leave by themselves."""
    reach(call, conference)
    put_out = conference.leave(participant, reason)
    more = {"ParticipantCallStatus": status, "ReasonParticipantLeft": participant.left}
    yield from _tell(call, conference, "participant-leave", participant, more)
    if put_out:
        yield Wake(tuple(one.leg for one in put_out))
    if conference.is_over and not conference.participants and not conference.told_end:
        conference.told_end = True
        yield from _tell_over(call, conference)


def _tell_over(call: Call, conference: Conference) -> Flow[None]:
    yield from _tell(call, conference, "conference-end", more=conference.ending)
    recording = conference.recording
    if recording is None:
        return
    if not recording.is_over:
        recording.finish((conference.at - conference.created).total_seconds())
    if recording.callback and recording.status in recording.events:
        yield Notify(call.now, recording_request(call, recording))


def _start_recording(call: Call, conference: Conference) -> Flow[None]:
    settings = conference.settings
    if not settings.records:
        return
    recording = conference.recording = Recording(
        sid=new_sid("RE"),
        call_sid="",
        conference_sid=conference.sid,
        source="Conference",
        started=conference.at,
        began_at=(conference.at - conference.created).total_seconds(),
        callback=settings.recording_webhook,
        events=settings.recording_events,
    )
    call.account.keep_recording(recording)
    if recording.callback and "in-progress" in recording.events:
        yield Notify(call.now, recording_request(call, recording))


def _tell(
    call: Call,
    conference: Conference,
    event: str,
    participant: Participant | None = None,
    more: Mapping[str, str] | None = None,
) -> Flow[None]:
    reach(call, conference)
    request = conference.callback(event, participant, more)
    if request is not None:
        yield Notify(call.now, request)
