"""A leg that is in a conference, or on its way into one.

https://www.twilio.com/docs/voice/api/conference-participant-resource
"""

from dataclasses import dataclass, field
from datetime import datetime

from bridge.sandbox.twilio.effects import Request
from bridge.sandbox.twilio.legs import Leg

_STATUSES = {"queued": "queued", "initiated": "connecting", "ringing": "ringing", "in-progress": "connecting"}


@dataclass(slots=True, eq=False, kw_only=True)
class Participant:
    """A leg and its part in a conference.

    `coached` is the SID of the call that alone hears this participant. `left` is why the leg is out of the
    conference, as `ReasonParticipantLeft` names it, and `kicked` whether the REST API put it out.
    """

    leg: Leg
    created: datetime
    updated: datetime = field(init=False)
    label: str = ""
    muted: bool = False
    held: bool = False
    coached: str = ""
    starts: bool = True
    ends: bool = False
    connected: bool = False
    left: str = ""
    kicked: bool = False
    waits_with_music: bool = True
    music: Request | None = None
    """The document that it is to hear from now on, on hold."""
    announced: list[tuple[Request, bool]] = field(default_factory=list)
    """What is to be played to it, and whether to the whole conference."""
    live: bool = False
    """Whether a connected device takes part in the call."""

    def __post_init__(self) -> None:
        """Nothing has changed yet."""
        self.updated = self.created

    @property
    def status(self) -> str:
        """What the REST API shows."""
        if self.connected:
            return "connected"
        if self.leg.is_over:
            return "complete" if self.leg.status == "completed" else "failed"
        return _STATUSES[self.leg.status]

    @property
    def parameters(self) -> dict[str, str]:
        """What every callback about the participant carries."""
        named = {"ParticipantLabel": self.label} if self.label else {}
        coaches = {"CallSidToCoach": self.coached} if self.coached else {}
        flags = {
            "Muted": self.muted,
            "Hold": self.held,
            "Coaching": bool(self.coached),
            "EndConferenceOnExit": self.ends,
            "StartConferenceOnEnter": self.starts,
        }
        shown = {name: str(flag).lower() for name, flag in flags.items()}
        return {"CallSid": self.leg.sid, **named, **shown, **coaches}
