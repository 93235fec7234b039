"""Against the company's bill: calls that are dear, that are somebody else's, or that never end."""

from bridge.calls.texts import FRENCH
from bridge.twilio.binding import AGENT, PROOF, Binding
from tests.web.conftest import AUTH_TOKEN, PUBLIC_URL, payload
from tests.web.hostile.row import Row, twilio

VOICE = payload("browser-out-1-voice-request")
JANE = "+33612345678"
FIRST, SECOND = "CA" + "1" * 32, "CA" + "2" * 32


def asks(to: str, **more: str) -> bytes:
    """A voice request of an agent's browser that Twilio signed: what is in it, the browser chose."""
    return twilio("/twilio/voice", {**VOICE, "To": to, **more})


def not_placed(name: str, to: str, text: str, **more: str) -> Row:
    """Refused in a sentence, and kept as a call that failed."""
    return Row(name=name, sent=asks(to, **more), status=200, says=text, rows=1)


TOO_DEAR = [
    not_placed("call to the Maldives", "+9607771234", FRENCH.country),
    not_placed("call to a premium-rate number", "+33899123456", FRENCH.special),
    not_placed("call to a satellite", "+881612345678", FRENCH.country),
    not_placed("call to an emergency number", "112", FRENCH.emergency),
    not_placed("code of the network", "*21*+33612345678#", FRENCH.short),
    not_placed("markup for a number", "</Number><Dial>+9607771234</Dial>", FRENCH.invalid),
    not_placed("two numbers at once", "+33612345678,+9607771234", FRENCH.invalid),
    not_placed("number of 10,000 digits", "+33" + "6" * 10_000, FRENCH.invalid),
    not_placed("address of another network", "sip:+33612345678@evil.example.com", FRENCH.invalid),
]

SOMEBODY_ELSES = [
    not_placed("caller ID of somebody else's", "+33612345678", FRENCH.caller_id, CallerId="+33600000000"),
    Row(
        name="one call too many",
        before=asks("+33612345678", CallSid=FIRST),
        sent=asks("+33612345678", CallSid=SECOND),
        status=200,
        says=FRENCH.agent_limit,
        rows=2,
        settings={"dialling": {"agent_calls_a_minute": 1}},
    ),
    Row(
        name="call refused, asked for again",
        before=asks("+9607771234", CallSid=FIRST),
        sent=asks("+9607771234", CallSid=FIRST),
        status=200,
        says=FRENCH.country,
        rows=1,
    ),
    Row(
        name="voice request signed for another's bridge",
        sent=twilio("/twilio/voice", VOICE, url=PUBLIC_URL.replace("phone", "other") + "/twilio/voice"),
        status=403,
        detail="The request does not carry a valid X-Twilio-Signature for this URL.",
    ),
]

# Whatever `device.connect({params})` names, Twilio signs.
OTHER_CALL = "CA" + "9" * 32
MADE_UP = {
    "ParentCallSid": OTHER_CALL,
    "Next": "end",
    "Step": "1",
    "CallDirection": "inbound",
    "StartTime": "Mon, 01 Jan 2001 00:00:00 +0000",
    "RecordingUrl": "https://api.twilio.com/RE" + "1" * 32,
    "RecordingSid": "RE" + "1" * 32,
}
PARAMETERS = [
    not_placed("refused call that says it is another's leg", "+9607771234", FRENCH.country, **MADE_UP),
    not_placed("parameters that no Twilio would send", "+9607771234", FRENCH.country, ParentCallSid="junk"),
]

# The payload's caller is agent1.
ANOTHERS = Binding([AUTH_TOKEN]).parameters("agent2")
TOKENS = [
    not_placed("token of another agent", JANE, FRENCH.not_signed_in, **ANOTHERS),
    not_placed(
        "another agent's proof under one's own name",
        JANE,
        FRENCH.not_signed_in,
        **{**ANOTHERS, AGENT: "agent1"},
    ),
    not_placed("proof that is made up", JANE, FRENCH.not_signed_in, **{AGENT: "agent1", PROOF: "0" * 64}),
    not_placed("name without a proof", JANE, FRENCH.not_signed_in, **{AGENT: "agent1"}),
]

ROWS = [*TOO_DEAR, *SOMEBODY_ELSES, *PARAMETERS, *TOKENS]
