"""The URLs that Twilio calls, and the parameters that the bridge adds to them for itself."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from msgspec import Struct

from bridge.calls.callback import JOINED_AS, OF_CALL, PLACED_BY, SHOWS

# Twilio loses a callback that is answered slowly or with a 5xx unless its URL asks for more:
# five retries (rc), on everything (rp). https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
RETRIES = "#rc=5&rp=all"

OWN_PARAMETERS: Mapping[str, str] = {
    "direction": "CallDirection",
    "step": "Step",
    "agent": PLACED_BY,
    "shows": SHOWS,
    "joins": OF_CALL,
    "as": JOINED_AS,
}
"""Name in the query of the bridge's own URLs → the callback's parameter that it becomes."""


ALIASES: Mapping[str, tuple[str, ...]] = {
    "voice": ("/twiml/voice", "/webhook/twiml-handler"),
    "dial": ("/twiml/voice/status",),
}
"""A route → where it also is, for accounts whose TwiML App was made for another server."""


class CallbackUrls(Struct, frozen=True):
    """The URLs of a bridge at `public_url` (no slash at its end); absolute, with the retries asked for.

    The query is part of what Twilio signs, so that its contents are the bridge's own.
    """

    public_url: str

    @property
    def dial(self) -> str:
        """The action URL of a Dial that ends the call."""
        return self._url("dial")

    def after_conference(self, call_sid: str) -> str:
        """The action URL of a Dial by which a leg of this call was in its conference."""
        return self._url("dial", f"?step=conference&call={call_sid}")

    def after_passing(self, call_sid: str) -> str:
        """The action URL of the Dial by which the called party of this call out is passed on."""
        return self._url("dial", f"?step=transfer&joins={call_sid}")

    @property
    def transcripts(self) -> str:
        """The URL for results of transcription (JSON)."""
        return self._url("transcripts")

    def recording_of(self, call_sid: str) -> str:
        """The URL for the status of a recording of a dialled leg, which does not name its call."""
        return self._url("recording", f"?joins={call_sid}")

    @property
    def hold(self) -> str:
        """The URL of what a party on hold hears."""
        return self._url("hold")

    @property
    def listening(self) -> str:
        """The URL of what a customer is told whose call a supervisor listens to."""
        return self._url("listening")

    def after(self, step: int | str) -> str:
        """The action URL of a Dial of an incoming call: with the step of the ring plan, or `transfer`."""
        return self._url("dial", f"?step={step}")

    @property
    def status(self) -> str:
        """The status callback URL of a call to one of our numbers."""
        return self._url("status")

    def status_of(self, agent: str) -> str:
        """The status callback URL of a leg of an outgoing call, which this agent placed."""
        return self._url("status", f"?agent={quote(agent, safe='')}")

    @property
    def status_in(self) -> str:
        """The status callback URL of a leg of an incoming call; forwarded ones look like outgoing calls."""
        return self._url("status", "?direction=inbound")

    @property
    def status_shown(self) -> str:
        """The status callback URL of a leg of an incoming call whose `From` is a number of ours."""
        return self._url("status", "?direction=inbound&shows=line")

    @property
    def conference(self) -> str:
        """The status callback URL of a call's conference, which has the name of the call."""
        return self._url("conference")

    def status_joining(self, call_sid: str, act: str) -> str:
        """The status callback URL of a leg that joins a call later, and the act that called it.

        Twilio does not name the call: such a leg has no parent, or another leg is that.
        """
        named = f"&as={quote(act, safe='')}" if act else ""
        return self._url("status", f"?joins={call_sid}{named}")

    @property
    def recording(self) -> str:
        """The URL for the status of a recording: completed or absent."""
        return self._url("recording")

    @property
    def voicemail(self) -> str:
        """The action URL of a Record, also where the caller left no message."""
        return self._url("voicemail")

    @property
    def transcription(self) -> str:
        """The URL for the transcription of a voicemail."""
        return self._url("transcription")

    def announcement(self, number: str) -> str:
        """The URL of what a called person hears first, where the line of this number records."""
        return self._url("announcement", f"?line={quote(number, safe='')}")

    def machine(self, call_sid: str) -> str:
        """What answering-machine detection heard on a leg of this call: that request does not name the call.

        https://www.twilio.com/docs/voice/answering-machine-detection
        """
        return self._url("machine", f"?call={call_sid}")

    @property
    def all(self) -> tuple[str, ...]:
        """Every kind of URL that the bridge gives to Twilio, with an example query; without a fragment."""
        given = (
            *(self._url(route) for route in ("voice", "fallback", "transcripts")),
            *(self.dial, self.after(1), self.after("transfer")),
            *(self.status, self.status_of("alice"), self.status_in, self.status_shown),
            *(self.recording, self.voicemail, self.transcription),
            *(self.announcement("+15005550006"), self.machine(f"CA{'0' * 32}")),
            *(self.conference, self.status_joining(f"CA{'0' * 32}", "ask"), self.hold, self.listening),
            *(self.after_conference(f"CA{'0' * 32}"), self.after_passing(f"CA{'0' * 32}")),
            self.recording_of(f"CA{'0' * 32}"),
        )
        return tuple(url.removesuffix(RETRIES) for url in given)

    @property
    def aliases(self) -> tuple[str, ...]:
        """URLs of alias routes: the bridge never gives them to Twilio, but a TwiML App can have them."""
        return tuple(self.public_url + path for paths in ALIASES.values() for path in paths)

    def _url(self, route: str, query: str = "") -> str:
        return f"{self.public_url}/twilio/{route}{query}{RETRIES}"


def own_parameters(target: str) -> dict[str, str]:
    """The parameters that the bridge added to this path with query, as parameters of the callback."""
    if "?" not in target:
        return {}
    query = dict(parse_qsl(target.partition("#")[0].partition("?")[2]))
    return {parameter: query[mark] for mark, parameter in OWN_PARAMETERS.items() if mark in query}
