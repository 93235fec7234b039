"""`<Conference>`: a call is in a conference until it leaves, or is put out.

https://www.twilio.com/docs/voice/twiml/conference
"""

from urllib.parse import urlsplit

from bridge.sandbox.twilio.calls.call import Call, HungUp, Redirected
from bridge.sandbox.twilio.calls.coming_and_going import come, depart, reach
from bridge.sandbox.twilio.calls.fetch import attribute_webhook, fetch, webhook
from bridge.sandbox.twilio.calls.heard import HEARD, Music, hear
from bridge.sandbox.twilio.calls.outcome import Outcome
from bridge.sandbox.twilio.calls.recording import finish_recording, record_dial, tell_started
from bridge.sandbox.twilio.conferences import Conference, Participant, Settings
from bridge.sandbox.twilio.effects import Act, Flow, Request
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.twiml import Element

FOUR_HOURS = 14_400
LABEL_IN_USE = 16025
_TWILIOS_OWN = ("twimlets.com", ".twilio.com", ".amazonaws.com")
"""Where Twilio keeps its music; the sandbox does not ask there."""


def confer(call: Call, verb: Element, noun: Element, outcome: Outcome) -> Flow[None]:
    """The whole stay of a call in a conference."""
    try:
        yield from _listen_to_music(call, noun)
        conference = call.account.conferences.open(
            noun.text, _settings(call, noun), at=call.leg.clock.when(call.now)
        )
        reach(call, conference)
        participant = conference.participants.get(call.leg.sid) or _participant(call, noun, conference)
        conference.check(participant)
    except TwimlError as error:
        call.report(error)
        outcome.skips_action = error.code == LABEL_IN_USE
        return
    outcome.status = "answered"
    source = "OutboundAPI" if call.leg.direction == "outbound-api" else "DialVerb"
    outcome.recording = record_dial(call, verb, source=source, since=call.now)
    yield from _attend(call, verb, conference, participant, outcome.recording)


def _settings(call: Call, noun: Element) -> Settings:
    return Settings(
        webhook=attribute_webhook(call, noun, "statusCallback"),
        events=frozenset(noun.get("statusCallbackEvent").split()),
        most=noun.seconds("maxParticipants", 250),
        records=noun.get("record") in {"record-from-start", "true"},
        recording_webhook=attribute_webhook(call, noun, "recordingStatusCallback"),
        recording_events=frozenset(noun.get("recordingStatusCallbackEvent", "completed").split()),
        region=noun.get("region", "us1"),
    )


def _participant(call: Call, noun: Element, conference: Conference) -> Participant:
    return Participant(
        leg=call.leg,
        created=conference.at,
        label=noun.get("participantLabel"),
        muted=noun.is_true("muted"),
        coached=noun.get("coach"),
        starts=noun.is_true("startConferenceOnEnter", default=True),
        ends=noun.is_true("endConferenceOnExit"),
        waits_with_music=noun.get("waitUrl", "music") != "",
    )


def _listen_to_music(call: Call, noun: Element) -> Flow[None]:
    """Asks for what is played until the conference starts; where that fails there is no conference."""
    url = noun.get("waitUrl")
    if not url or not _has_to_wait(call, noun):
        return
    target = webhook(call, url, noun.get("waitMethod"))
    if (urlsplit(target.url).hostname or "").endswith(_TWILIOS_OWN):
        return
    document = yield from fetch(call, Request("wait", target, call.parameters()))
    for verb in document.verbs:
        if verb.name not in HEARD:
            call.warn(13238, verb.name)
        elif verb.name == "Say":
            call.played.spoken.append(verb.text)


def _has_to_wait(call: Call, noun: Element) -> bool:
    conference = call.account.conferences.find(noun.text)
    if conference is None or not conference.connected:
        return True
    starts = [noun.is_true("startConferenceOnEnter", default=True), *(p.starts for p in conference.connected)]
    return conference.status == "init" and not any(starts)


def _attend(
    call: Call, verb: Element, conference: Conference, participant: Participant, recording: Recording | None
) -> Flow[None]:
    was_live, participant.live = call.live, call.live
    yield from come(call, conference, participant)
    if recording is not None:
        yield from tell_started(call, recording)
    try:
        yield from _stay(call, verb, conference, participant)
    except HungUp:
        yield from _leave(call, conference, participant, recording, status="completed")
        raise
    except Redirected:
        yield from _leave(call, conference, participant, recording, reason="participant_updated_via_api")
        raise
    finally:
        call.live = was_live
    yield from _leave(call, conference, participant, recording)


def _stay(call: Call, verb: Element, conference: Conference, participant: Participant) -> Flow[None]:
    """Until it is put out or its time is over; a scripted end comes as soon as the conference has begun."""
    is_scripted = call.caller.hangs_up_after is not None
    ends_at = call.now + verb.seconds("timeLimit", FOUR_HOURS)
    call.confers, call.listens = True, verb.is_true("hangupOnStar")
    music = Music()
    try:
        while not participant.left:
            call.live = conference.is_live
            has_to_wait = conference.status == "init"
            music = yield from hear(call, conference, participant, music)
            until = min(ends_at, music.until)
            came = yield from call.wait(until, held=not is_scripted, patient=has_to_wait)
            reach(call, conference)
            if call.now >= ends_at or (isinstance(came, Act) and "*" in came.digits):
                return
    finally:
        call.confers = call.listens = False


def _leave(
    call: Call,
    conference: Conference,
    participant: Participant,
    recording: Recording | None,
    *,
    reason: str = "participant_hung_up",
    status: str = "in-progress",
) -> Flow[None]:
    if recording is not None:
        finish_recording(call, recording, at=call.now)
    yield from depart(call, conference, participant, reason=reason, status=status)
