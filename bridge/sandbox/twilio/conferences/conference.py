"""One conference: its participants, when it starts and ends, and what is told about it.

https://www.twilio.com/docs/voice/twiml/conference
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.sandbox.twilio.conferences.participant import Participant
from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.times import rfc2822

MOST_PARTICIPANTS = 250
MODERATOR_ENDED, ENDED_BY_API = "moderator_ended_conference", "conference_ended_via_api"
_SUBSCRIBED = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}
"""Callbacks by the event that asks for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the first participant decides for all."""

    webhook: Webhook | None = None
    events: frozenset[str] = frozenset()
    most: int = MOST_PARTICIPANTS
    records: bool = False
    recording_webhook: Webhook | None = None
    recording_events: frozenset[str] = frozenset({"completed"})
    region: str = "us1"


@dataclass(slots=True, eq=False, kw_only=True)
class Conference:
    """A conference; `at` is the latest time that anything in it came to.

    `participants` are those in it and those on their way, by the SIDs of their calls.
    """

    account_sid: str
    name: str
    at: datetime
    settings: Settings = field(default_factory=Settings)
    sid: str = field(default_factory=lambda: new_sid("CF"))
    created: datetime = field(init=False)
    status: str = "init"
    reason: str = ""
    ended_by: Participant | None = None
    recording: Recording | None = None
    participants: dict[str, Participant] = field(default_factory=dict)
    _sent: int = 0

    def __post_init__(self) -> None:
        """Begins when its first participant comes."""
        self.created = self.at

    @property
    def is_over(self) -> bool:
        """Whether it takes no one in any more."""
        return self.status == "completed"

    @property
    def connected(self) -> list[Participant]:
        """Those who are in it."""
        return [one for one in self.participants.values() if one.connected and not one.left]

    @property
    def is_live(self) -> bool:
        """Whether a second takes a second in it: a connected device takes part."""
        return any(one.live for one in self.connected)

    def reach(self, moment: datetime) -> None:
        """Its time never goes back."""
        self.at = max(self.at, moment)

    def named(self, label: str) -> Participant | None:
        """The participant with a label."""
        return next((one for one in self.participants.values() if label and one.label == label), None)

    # Who comes and goes.

    def check(self, participant: Participant) -> None:
        """Raises TwimlError with the code of why a participant cannot come in."""
        if self.is_over:
            raise TwimlError(13236, self.sid)
        others = [one for one in self.participants.values() if one is not participant]
        if len(others) >= self.settings.most:
            raise TwimlError(16020, self.name)
        if any(participant.label and one.label == participant.label for one in others):
            raise TwimlError(16025, participant.label)
        if participant.coached:
            self.check_coached(participant.coached, absent=13240)

    def check_coached(self, call_sid: str, *, absent: int = 16028) -> None:
        """Raises TwimlError if a participant cannot be coached."""
        coached = self.participants.get(call_sid)
        if coached is None or not coached.connected:
            raise TwimlError(absent, call_sid)
        if coached.held:
            raise TwimlError(16027, call_sid)

    def admit(self, participant: Participant) -> bool:
        """A participant is in; whether the conference starts with them."""
        participant.connected = True
        self.participants[participant.leg.sid] = participant
        starts = self.status == "init" and len(self.connected) > 1
        if not starts or not any(one.starts for one in self.connected):
            return False
        self.status = "in-progress"
        return True

    def leave(self, participant: Participant, reason: str) -> list[Participant]:
        """A participant is out; those whom the end of the conference puts out with them."""
        participant.left = participant.left or reason
        was_connected, participant.connected = participant.connected, False
        self.participants.pop(participant.leg.sid, None)
        how = "kicked" if participant.kicked else "left"
        if participant.ends and was_connected:
            return self.end(
                f"participant-with-end-conference-on-exit-{how}", why=MODERATOR_ENDED, by=participant
            )
        if not self.participants:
            return self.end(f"last-participant-{how}", why=MODERATOR_ENDED, by=participant)
        return []

    def end(self, reason: str, *, why: str, by: Participant | None = None) -> list[Participant]:
        """The conference is over; those who have to leave it, and do so by themselves."""
        if self.is_over:
            return []
        self.status, self.reason, self.ended_by = "completed", reason, by
        for one in self.participants.values():
            one.left = one.left or why
        return list(self.participants.values())

    # What is told.

    def callback(
        self, event: str, participant: Participant | None = None, more: Mapping[str, str] | None = None
    ) -> Request | None:
        """The callback about an event; None if it was not asked for."""
        webhook = self.settings.webhook
        if webhook is None or _SUBSCRIBED[event] not in self.settings.events:
            return None
        self._sent += 1
        params = {
            "AccountSid": self.account_sid,
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "SequenceNumber": str(self._sent),
            "Timestamp": rfc2822(self.at),
            "StatusCallbackEvent": event,
            **(participant.parameters if participant else {}),
            **(more or {}),
        }
        return Request("conference", webhook, params)

    @property
    def ending(self) -> dict[str, str]:
        """What `conference-end` carries."""
        by = self.ended_by
        named = {"ParticipantLabelEndingConference": by.label} if by and by.label else {}
        ended = {"CallSidEndingConference": by.leg.sid} if by else {}
        return {**ended, **named, "ReasonConferenceEnded": self.reason, "Reason": _sentence(self)}


def _sentence(conference: Conference) -> str:
    if conference.ended_by is None:
        return "Conference ended via API"
    return f"Participant {conference.ended_by.leg.sid}: {conference.reason.replace('-', ' ')}"
