"""Which recordings of a call are ready, what is on their channels, and which are to be transcribed."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from bridge.calls.agent_call import our_number
from bridge.calls.callback import Callback, Kind, parse_timestamp
from bridge.calls.fold.legs import seconds
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.states import Direction
from bridge.calls.numbers import line_at
from bridge.calls.recording_links import RECORDING_SID
from bridge.calls.transcripts.segments import AudioChannel, Recorded, Role, Speaker

READY = (Kind.RECORDING, Kind.VOICEMAIL)
UNUSABLE = frozenset({"absent", "failed"})

WAITS_FOR_CALL = timedelta(hours=6)
"""How long a recording waits for its call: reconciliation asks Twilio for lost callbacks meanwhile."""


def finished_recording(callback: Callback) -> str | None:
    """The SID of the recording that a callback reports as ready to be fetched."""
    sid = callback.get("RecordingSid") or ""
    if callback.kind not in READY or not RECORDING_SID.fullmatch(sid):
        return None
    status = callback.get("RecordingStatus") or "completed"
    is_ready = status == "completed" and seconds(callback.get("RecordingDuration")) != 0
    return sid if is_ready else None


class CallRecording(Struct, frozen=True, kw_only=True):
    """A recording of a call, with what decides whether it is transcribed.

    `direction` is None where no callback shows it; `line` is the number of ours that was called or shown;
    `is_voicemail` whether it is a caller's message; `reported_at` is when its first callback arrived.
    """

    recorded: Recorded
    direction: Direction | None
    line: str | None
    is_voicemail: bool
    reported_at: datetime

    def waits_for_call(self, now: datetime) -> bool:
        """Whether callbacks of its call can still say who is on which channel."""
        is_unknown = self.direction is None and not self.is_voicemail
        return is_unknown and now - self.reported_at < WAITS_FOR_CALL


class Selection(Struct, frozen=True, kw_only=True):
    """Which recordings are transcribed; of `lines` (E.164) none are all."""

    lines: Collection[str] = ()
    directions: Collection[Direction] = tuple(Direction)
    voicemails: bool = True
    minimum_seconds: int = 0

    def objection(self, recording: CallRecording) -> str | None:
        """Why a recording is left out; None for one that is to be transcribed."""
        if recording.recorded.seconds < self.minimum_seconds:
            return "It is shorter than transcripts.minimum_seconds."
        if self.lines and line_at(recording.line or "") not in map(line_at, self.lines):
            return "Its line is not one of transcripts.lines."
        if recording.is_voicemail:
            return None if self.voicemails else "It is a voicemail, and transcripts.voicemails is false."
        if recording.direction not in self.directions and set(self.directions) != set(Direction):
            return "Its direction is not one of transcripts.directions."
        return None


def call_recording(callbacks: Iterable[Callback], recording_sid: str) -> CallRecording | None:
    """The recording of a call with these callbacks; None where no callback reports it as ready."""
    evidence = Evidence.of(callbacks)
    of_it = [c for c in evidence.callbacks if finished_recording(c) == recording_sid]
    if not of_it or any(
        c.get("RecordingSid") == recording_sid and c.get("RecordingStatus") in UNUSABLE
        for c in evidence.callbacks
    ):
        return None
    is_voicemail = any(c.kind is Kind.VOICEMAIL or c.get("RecordingSource") == "RecordVerb" for c in of_it)
    length = max(seconds(c.get("RecordingDuration")) or 0 for c in of_it)
    started = [at for c in of_it if (at := parse_timestamp(c.get("RecordingStartTime") or ""))]
    reported_at = min(c.received_at for c in of_it)
    is_dual = any(c.get("RecordingChannels") == "2" for c in of_it)
    recorded = Recorded(
        recording_sid=recording_sid,
        starts_at=min(started, default=reported_at - timedelta(seconds=length)),
        seconds=length,
        channels=_channels(evidence, is_voicemail=is_voicemail, is_dual=is_dual),
    )
    return CallRecording(
        recorded=recorded,
        direction=evidence.direction if evidence.knows_direction else None,
        line=our_number(evidence),
        is_voicemail=is_voicemail,
        reported_at=reported_at,
    )


def _channels(evidence: Evidence, *, is_voicemail: bool, is_dual: bool) -> tuple[AudioChannel, ...]:
    """Of two channels the first has the leg that Twilio calls the parent, the second what that leg hears.

    https://www.twilio.com/docs/voice/twiml/dial#record
    """
    customer = Speaker(Role.CUSTOMER, evidence.other_party or "")
    if is_voicemail:
        return (AudioChannel(1, customer),)
    if not is_dual:
        return (AudioChannel(1, Speaker(Role.SEVERAL)),)
    if not evidence.knows_direction:
        # Each channel is heard on its own, and whose it is stays open.
        return (AudioChannel(1, Speaker(Role.SEVERAL)), AudioChannel(2, Speaker(Role.SEVERAL)))
    agent = Speaker(Role.AGENT, evidence.agents[0] if len(evidence.agents) == 1 else "")
    if evidence.direction is Direction.INBOUND:
        return (AudioChannel(1, customer), AudioChannel(2, agent))
    # A conference has its other parties on the agent's second channel.
    heard = Speaker(Role.SEVERAL) if evidence.story else customer
    return (AudioChannel(1, agent), AudioChannel(2, heard))
