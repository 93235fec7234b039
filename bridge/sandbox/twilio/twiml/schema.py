"""Which verbs, nouns and attributes there are, and which values they take.

https://www.twilio.com/docs/voice/twiml; the names are held equal to those of Twilio's own library in a test.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

Takes = Callable[[str], bool]
LONGEST_LABEL = 128
CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")


@dataclass(frozen=True, slots=True)
class Attribute:
    """Which values an attribute takes, and the code for any other."""

    takes: Takes
    code: int = 12200


def _one_of(*values: str) -> Takes:
    return frozenset(values).__contains__


def _number(low: int, high: int, value: str) -> bool:
    return bool(re.fullmatch(r"\d{1,6}", value)) and low <= int(value) <= high


def _numbers(low: int, high: int) -> Takes:
    return partial(_number, low, high)


def _words(*allowed: str) -> Takes:
    known = frozenset(allowed)
    return lambda value: bool(value.split()) and known >= set(value.split())


def _anything(_value: str) -> bool:
    return True


def is_call_sid(value: str) -> bool:
    """Whether a text is the SID of a call."""
    return bool(re.fullmatch(r"CA[0-9a-f]{32}", value))


def is_label(value: str) -> bool:
    """Whether a participant can have this label. https://www.twilio.com/docs/api/errors/16023"""
    return len(value) <= LONGEST_LABEL and not is_call_sid(value) and "/" not in unquote(value)


ANYTHING = Attribute(_anything)
URL = Attribute(bool, 11100)
METHOD = Attribute(_one_of("GET", "POST"))
BOOL = Attribute(_one_of("true", "false"))
CALL_EVENTS = Attribute(_words("initiated", "ringing", "answered", "completed"))
RECORDING_EVENTS = Attribute(_words("in-progress", "completed", "absent"))
TRIM = Attribute(_one_of("trim-silence", "do-not-trim"))

_RECORDING = {
    "trim": TRIM,
    "recordingStatusCallback": URL,
    "recordingStatusCallbackMethod": METHOD,
    "recordingStatusCallbackEvent": RECORDING_EVENTS,
    "recordingConfigurationId": ANYTHING,
}
_NOUN = {
    "url": URL,
    "method": Attribute(METHOD.takes, 13221),
    "statusCallback": URL,
    "statusCallbackMethod": METHOD,
    "statusCallbackEvent": CALL_EVENTS,
}
_CONFERENCE = {
    "muted": Attribute(BOOL.takes, 13230),
    "beep": Attribute(_one_of("true", "false", "onEnter", "onExit"), 13235),
    "startConferenceOnEnter": Attribute(BOOL.takes, 13232),
    "endConferenceOnExit": Attribute(BOOL.takes, 13231),
    "participantLabel": Attribute(is_label, 16023),
    "jitterBufferSize": Attribute(_one_of("off", "small", "medium", "large"), 16002),
    "waitUrl": Attribute(_anything, 13233),
    "waitMethod": Attribute(METHOD.takes, 13234),
    "maxParticipants": Attribute(_numbers(1, 250), 16002),
    "record": Attribute(_one_of("do-not-record", "record-from-start", "true", "false"), 16002),
    "region": Attribute(_one_of("us1", "ie1", "de1", "sg1", "br1", "au1", "jp1"), 16002),
    "coach": ANYTHING,  # who is not there is refused when the call comes in
    "trim": Attribute(TRIM.takes, 16002),
    "statusCallback": Attribute(bool, 16002),
    "statusCallbackMethod": Attribute(METHOD.takes, 16002),
    "statusCallbackEvent": Attribute(_words(*CONFERENCE_EVENTS), 16002),
    "recordingStatusCallback": Attribute(bool, 16002),
    "recordingStatusCallbackMethod": Attribute(METHOD.takes, 16002),
    "recordingStatusCallbackEvent": Attribute(RECORDING_EVENTS.takes, 16002),
    "recordingConfigurationId": ANYTHING,
    "eventCallbackUrl": Attribute(bool, 16002),
}
_RECORD_CALL = _one_of(
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)

VERBS: dict[str, dict[str, Attribute]] = {
    "Dial": {
        "action": URL,
        "method": Attribute(METHOD.takes, 13210),
        "timeout": Attribute(_numbers(5, 600), 13212),
        "hangupOnStar": BOOL,
        "timeLimit": Attribute(_numbers(1, 86_400), 13216),
        "callerId": ANYTHING,
        "record": Attribute(_RECORD_CALL, 13217),
        "answerOnBridge": BOOL,
        "ringTone": ANYTHING,
        "recordingTrack": Attribute(_one_of("both", "inbound", "outbound")),
        "sequential": BOOL,
        "referUrl": URL,
        "referMethod": METHOD,
        "events": ANYTHING,
        "passports": ANYTHING,
        **_RECORDING,
    },
    "Say": {
        "voice": ANYTHING,
        "language": ANYTHING,
        "loop": Attribute(_numbers(0, 1000), 13510),
    },
    "Play": {"loop": Attribute(_numbers(0, 1000), 13410), "digits": ANYTHING},
    "Pause": {"length": Attribute(_numbers(0, 86_400), 13910)},
    "Record": {
        "action": URL,
        "method": Attribute(METHOD.takes, 13610),
        "timeout": Attribute(_numbers(0, 14_400), 13611),
        "finishOnKey": ANYTHING,
        "maxLength": Attribute(_numbers(2, 14_400), 13612),
        "playBeep": Attribute(BOOL.takes, 13616),
        "transcribe": Attribute(BOOL.takes, 13614),
        "transcribeCallback": URL,
        **_RECORDING,
    },
    "Redirect": {"method": Attribute(METHOD.takes, 13710)},
    "Reject": {"reason": Attribute(_one_of("rejected", "busy"))},
    "Hangup": {},
}
NOUNS: dict[str, dict[str, Attribute]] = {
    "Number": {
        **_NOUN,
        "sendDigits": ANYTHING,
        "byoc": ANYTHING,
        "machineDetection": Attribute(_one_of("Enable", "DetectMessageEnd")),
        "amdStatusCallback": URL,
        "amdStatusCallbackMethod": METHOD,
        "machineDetectionTimeout": Attribute(_numbers(3, 59)),
        "machineDetectionSpeechThreshold": Attribute(_numbers(1000, 6000)),
        "machineDetectionSpeechEndThreshold": Attribute(_numbers(500, 5000)),
        "machineDetectionSilenceTimeout": Attribute(_numbers(2000, 10_000)),
    },
    "Client": _NOUN,
    "Conference": _CONFERENCE,
}
CLIENT_DATA: dict[str, dict[str, Attribute]] = {
    "Identity": {},
    "Parameter": {"name": ANYTHING, "value": ANYTHING},
}

# Twilio has these; the sandbox does not run them, and says so.
NOT_RUN = frozenset(
    {
        "Connect",
        "Echo",
        "Enqueue",
        "Gather",
        "Leave",
        "Pay",
        "Prompt",
        "Queue",
        "Refer",
        "Sms",
        "Start",
        "Stop",
    }
)
NOUNS_NOT_RUN = frozenset({"Application", "Queue", "Sim", "Sip", "WhatsApp"})
# Inside <Say>, speech markup is part of the text: https://www.twilio.com/docs/voice/twiml/say/text-speech
SPEECH_MARKUP = frozenset({"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"})
