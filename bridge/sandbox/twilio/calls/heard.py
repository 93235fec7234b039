"""What is played to a participant of a conference: on hold, or as an announcement.

https://www.twilio.com/docs/voice/api/conference-participant-resource
"""

from dataclasses import dataclass
from urllib.parse import urljoin

from bridge.sandbox.twilio.calls.call import Call
from bridge.sandbox.twilio.calls.fetch import fetch
from bridge.sandbox.twilio.calls.verbs import PLAY_SECONDS
from bridge.sandbox.twilio.conferences import Conference, Participant
from bridge.sandbox.twilio.effects import Flow, Notify, Request
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.parties import speech_seconds
from bridge.sandbox.twilio.twiml import Document, Element

HEARD = frozenset({"Play", "Say", "Pause", "Redirect"})
"""The verbs of a waitUrl, a HoldUrl and an AnnounceUrl. https://www.twilio.com/docs/api/errors/13238"""

FOR_EVER = float("inf")
MOST_DOCUMENTS = 50
"""Documents that redirect to one another before any of them is heard."""


@dataclass(frozen=True, slots=True)
class Music:
    """What a participant on hold hears, until a time of its call; then another document `follows`."""

    until: float = FOR_EVER
    follows: Request | None = None


def hear(call: Call, conference: Conference, participant: Participant, music: Music) -> Flow[Music]:
    """Plays what an update of the participant asked for, and what the music on hold goes on with."""
    while participant.announced:
        yield from _announce(call, conference, participant, *participant.announced.pop(0))
    if not participant.held:
        participant.music = None
        return Music()
    if (asked := participant.music) is not None:
        participant.music = None
        return (yield from _play(call, asked))
    if music.follows is not None and call.now >= music.until:
        return (yield from _play(call, music.follows))
    return music


def _play(call: Call, request: Request) -> Flow[Music]:
    """The next document that takes time; silence where there is none."""
    try:
        return (yield from _documents(call, request))
    except TwimlError as error:
        call.report(error)
        return Music()


def _announce(
    call: Call, conference: Conference, participant: Participant, request: Request, to_all: bool
) -> Flow[None]:
    more = {"AnnounceUrl": request.webhook.url}
    event = "announcement-end"
    try:
        yield from _documents(call, request)
    except TwimlError as error:
        call.report(error)
        event = "announcement-fail"
        more["ReasonAnnouncementFailed"] = str(error)
    told = conference.callback(event, None if to_all else participant, more)
    if told is not None:
        yield Notify(call.now, told)


def _documents(call: Call, request: Request) -> Flow[Music]:
    for _ in range(MOST_DOCUMENTS):
        document = yield from fetch(call, request)
        seconds, follows = heard_in(call, document, request)
        if seconds or follows is None:
            return Music(call.now + seconds if follows else FOR_EVER, follows)
        request = follows
    raise TwimlError(11215, f"{MOST_DOCUMENTS} documents of which none is heard")


def heard_in(call: Call, document: Document, request: Request) -> tuple[float, Request | None]:
    """How long a document is heard, and which one follows; verbs that are not allowed are left out."""
    seconds = 0.0
    for verb in document.verbs:
        if verb.name not in HEARD:
            call.warn(13238, verb.name)
        elif verb.name == "Redirect":
            target = Webhook(urljoin(request.webhook.url, verb.text), verb.get("method") or "POST")
            return seconds, Request(request.kind, target, request.params)
        else:
            seconds += _seconds(call, verb)
    return seconds, None


def _seconds(call: Call, verb: Element) -> float:
    if verb.name == "Pause":
        return verb.seconds("length", 1)
    if verb.name == "Say":
        call.played.spoken.append(verb.text)
    once = speech_seconds(verb.text) if verb.name == "Say" else PLAY_SECONDS
    # loop="0" goes on until the hold ends.
    return once * (verb.seconds("loop", 1) or FOR_EVER)
