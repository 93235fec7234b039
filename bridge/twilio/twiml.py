"""The TwiML that the bridge answers with, made by twilio's own builder.

https://www.twilio.com/docs/voice/twiml
"""

import re
from functools import lru_cache, partial

from twilio.twiml.voice_response import Dial, VoiceResponse

from bridge.calls.agents import client_identity
from bridge.calls.dialling.admission import Admitted
from bridge.twilio.urls import CallbackUrls

# The builder escapes markup, but lets through what XML 1.0 has no place for; half a surrogate pair it
# writes as a reference. A text that came from a CRM may hold either, and Twilio refuses the whole document.
# https://www.w3.org/TR/xml/#charsets
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#5[5-7][0-9]{3};")


def written(response: VoiceResponse) -> str:
    """The document as text, without characters that XML does not allow."""
    return NO_XML.sub("", str(response))


PLAIN = re.compile(r"[+0-9A-Za-z_]+")
"""What stands in XML as it is."""

ELSEWHERE = "WHO_IS_CALLED"
"""Stands in for the target of a document that is made once, and filled in for each call."""

STATUS_EVENTS = "initiated ringing answered completed"

EMPTY = written(VoiceResponse())
"""Nothing more to do: the call ends."""


def _reject() -> str:
    response = VoiceResponse()
    response.reject(reason="busy")
    return written(response)


REJECT = _reject()
"""The call ends before it began, and costs nothing. https://www.twilio.com/docs/voice/twiml/reject"""


PREFLIGHT_SECONDS = 12
"""Long enough to measure; Twilio bills a minute."""


def _preflight() -> str:
    response = VoiceResponse()
    # A <Pause> that comes first lets the phone ring. https://www.twilio.com/docs/voice/twiml/pause
    response.play(digits="w")
    response.pause(length=PREFLIGHT_SECONDS)
    return written(response)


PREFLIGHT = _preflight()
"""A test call is answered, hears nothing, and ends by itself."""


def dial_out(
    target: Admitted,
    *,
    caller_id: str,
    timeout: int,
    time_limit: int | None,
    urls: CallbackUrls,
    agent: str,
    detect_machines_of: str | None = None,
    record: bool = False,
    announcement: str | None = None,
    send_digits: str = "",
) -> str:
    """Dials `target` for an agent (an identity, which the status callbacks then have).

    `send_digits` are sent once a number answers.

    `detect_machines_of` is the SID of a call that is told whether a machine answers. Only calls to numbers
    are recorded; `announcement` is the URL of what those who are called hear of that.
    """
    make = partial(
        _dial_out,
        caller_id=caller_id,
        timeout=timeout,
        time_limit=time_limit,
        urls=urls,
        agent=agent,
        record=record,
        announcement=announcement,
    )
    identity = client_identity(target)
    if send_digits:
        return make(target, detect_machines_of=detect_machines_of, send_digits=send_digits)
    if detect_machines_of or not PLAIN.fullmatch(identity or target):
        return make(target, detect_machines_of=detect_machines_of)
    # All but the target is mostly as it was in the last call.
    return make(Admitted(f"client:{ELSEWHERE}" if identity else ELSEWHERE)).replace(
        f">{ELSEWHERE}<", f">{identity or target}<"
    )


@lru_cache(maxsize=256)
def _dial_out(
    target: Admitted,
    *,
    caller_id: str,
    timeout: int,
    time_limit: int | None,
    urls: CallbackUrls,
    agent: str,
    detect_machines_of: str | None = None,
    record: bool,
    announcement: str | None,
    send_digits: str = "",
) -> str:
    response = VoiceResponse()
    dial = Dial(
        caller_id=caller_id,
        answer_on_bridge=True,
        timeout=timeout,
        time_limit=time_limit,
        action=urls.dial,
        **recorded(urls, wanted=record and not client_identity(target)),
    )
    of_numbers = _detection(detect_machines_of, urls) if detect_machines_of else {}
    if record and announcement:
        of_numbers |= {"url": announcement}
    if send_digits:
        of_numbers |= {"send_digits": send_digits}
    _add(dial, target, status=urls.status_of(agent), **of_numbers)
    response.append(dial)
    return written(response)


def transfer(
    target: Admitted,
    *,
    caller_id: str | None,
    timeout: int,
    time_limit: int | None,
    urls: CallbackUrls,
    record: bool,
    send_digits: str = "",
    leg_of: str | None = None,
) -> str:
    """Transfers a caller who was talking to an agent to `target`: E.164 or `client:identity`.

    `send_digits` are sent once a number answers. If it does not answer, the caller can leave a message. With
    `leg_of`, the SID of a call out, it transfers the party whom the agent called.
    """
    response = VoiceResponse()
    dial = Dial(
        caller_id=caller_id,
        timeout=timeout,
        time_limit=time_limit,
        action=urls.after_passing(leg_of) if leg_of else urls.after("transfer"),
        **recorded(urls, wanted=record, leg_of=leg_of),
    )
    status = urls.status_in if client_identity(target) else urls.status_shown
    if leg_of:
        status = urls.status_joining(leg_of, "")
    _add(dial, target, status=status, send_digits=send_digits or None)
    response.append(dial)
    return written(response)


def conference(call_sid: str, *, time_limit: int | None, urls: CallbackUrls, record: bool) -> str:
    """Connects a leg of a call with the call's conference, which ends when either of the two leaves.

    https://www.twilio.com/docs/voice/twiml/conference
    """
    response = VoiceResponse()
    dial = Dial(
        action=urls.after_conference(call_sid),
        time_limit=time_limit,
        **recorded(urls, wanted=record, leg_of=call_sid),
    )
    dial.conference(
        call_sid,
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        beep="false",
        # The two were talking: no music in the second until the other is there.
        wait_url="",
        status_callback=urls.conference,
        status_callback_event="start end join leave mute hold modify",
    )
    response.append(dial)
    return written(response)


def on_hold(music: str | None) -> str:
    """What a party on hold hears: a sound file, again and again, or silence."""
    response = VoiceResponse()
    if music:
        response.play(music, loop=0)
    else:
        response.pause(length=SILENT_SECONDS)
        response.redirect("")
    return written(response)


SILENT_SECONDS = 600


def recorded(urls: CallbackUrls, *, wanted: bool, leg_of: str | None = None) -> dict[str, str]:
    """The attributes of a Dial that is recorded, each side on a channel of its own.

    `leg_of` is the call of which the leg with this Dial is one.
    """
    if not wanted:
        return {}
    return {
        "record": "record-from-answer-dual",
        "recording_status_callback": urls.recording_of(leg_of) if leg_of else urls.recording,
        "recording_status_callback_event": "completed absent",
    }


def _add(dial: Dial, target: Admitted, *, status: str, **of_numbers: str | None) -> None:
    identity = client_identity(target)
    noun = dial.client if identity else dial.number
    attributes = {} if identity else of_numbers
    noun(identity or target, status_callback=status, status_callback_event=STATUS_EVENTS, **attributes)


def _detection(call_sid: str, urls: CallbackUrls) -> dict[str, str]:
    """Beside the talk: who is called does not wait until the machine is told from a person.

    https://www.twilio.com/docs/voice/twiml/number#attributes-machinedetection
    """
    return {"machine_detection": "Enable", "amd_status_callback": urls.machine(call_sid)}


def spoken(text: str, *, language: str) -> str:
    """Speaks a text to a participant of a conference, who stays in it."""
    response = VoiceResponse()
    response.say(text, language=language)
    return written(response)


def say(text: str, *, language: str) -> str:
    """Speaks a text and hangs up."""
    response = VoiceResponse()
    response.say(text, language=language)
    response.hangup()
    return written(response)
