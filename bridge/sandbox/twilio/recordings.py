"""Recordings: of a `<Dial>`, of a message, of a conference, or started through the REST API."""

from dataclasses import dataclass, field
from datetime import datetime

from bridge.sandbox.sound import Conversation
from bridge.sandbox.twilio.legs import Webhook
from bridge.sandbox.twilio.payloads import recording_url
from bridge.sandbox.twilio.times import rfc2822


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """What `<Record transcribe>` made of a message: kept until it is deleted, also without its recording."""

    sid: str
    recording: "Recording"
    text: str

    @property
    def status(self) -> str:
        """`failed` where there is no text."""
        return "completed" if self.text else "failed"


@dataclass(slots=True, eq=False)
class Recording:
    """One recording of a call or of a conference; `began_at` and the pauses are seconds since its epoch."""

    sid: str
    call_sid: str
    source: str
    started: datetime
    began_at: float
    channels: int = 1
    track: str = "both"
    status: str = "in-progress"
    duration: int | None = None
    callback: Webhook | None = None
    events: frozenset[str] = frozenset({"completed"})
    paused_at: float | None = None
    paused_for: float = field(default=0.0)
    conference_sid: str = ""
    conversation: Conversation | None = None
    """What is said in it; None: a tone on each channel."""

    @property
    def owner_sid(self) -> str:
        """The call or the conference that it is of."""
        return self.conference_sid or self.call_sid

    @property
    def is_over(self) -> bool:
        """Whether nothing is added to it any more."""
        return self.status in {"completed", "absent", "stopped"}

    def pause(self, at: float) -> None:
        """Hears nothing until it is resumed."""
        self.status, self.paused_at = "paused", at

    def resume(self, at: float) -> None:
        """Goes on after a pause."""
        if self.paused_at is not None:
            self.paused_for += at - self.paused_at
        self.status, self.paused_at = "in-progress", None

    def finish(self, at: float) -> None:
        """Ends it; one of nothing is absent."""
        self.resume(at)
        self.duration = max(0, int(at) - int(self.began_at) - round(self.paused_for))
        self.status = "completed" if self.duration else "absent"

    @property
    def _of(self) -> dict[str, str]:
        of_call = {"CallSid": self.call_sid}
        return {"ConferenceSid": self.conference_sid} if self.conference_sid else of_call

    def parameters(self, *, api_url: str, account_sid: str) -> dict[str, str]:
        """What `recordingStatusCallback` gets."""
        params = {
            "AccountSid": account_sid,
            "ApiVersion": "2010-04-01",
            **self._of,
            "RecordingSid": self.sid,
            "RecordingUrl": recording_url(api_url, account_sid, self.sid),
            "RecordingStatus": self.status,
            "RecordingChannels": str(self.channels),
            "RecordingStartTime": rfc2822(self.started),
            "RecordingSource": self.source,
            "RecordingTrack": self.track,
            "ErrorCode": "0",
        }
        if self.duration is not None:
            params["RecordingDuration"] = str(self.duration)
        return params
