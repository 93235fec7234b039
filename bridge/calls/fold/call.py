"""A call: one conversation with all its legs, folded from the callbacks about it.

`fold` gives the same Call for every order of the same callbacks and for duplicates: each fact is
reduced by an operation that does not depend on order (best status, earliest time, a set).
More evidence can improve an outcome, but never reopens a call that ended.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from bridge.calls.agents import Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold import outcome
from bridge.calls.fold.legs import Leg, first, seconds
from bridge.calls.fold.parties import Evidence
from bridge.calls.fold.states import CallStatus, Direction
from bridge.calls.fold.story import Story, story_of
from bridge.calls.fold.times import times_of
from bridge.calls.spelling import take_apart

__all__ = ["Call", "CallStatus", "Direction", "Recording", "call_of", "fold"]

BLANK = "(blank)"


class Recording(Struct, frozen=True, order=True):
    """A recording that Twilio holds; `duration` in seconds."""

    sid: str
    url: str
    duration: int | None


class Call(Struct, frozen=True, kw_only=True):
    """A call. Addresses are as Twilio sent them; times are UTC, durations in seconds.

    `agents` holds the identities that called or picked up, in that order. `certain` is false while a callback
    that has not arrived can still show that a known leg was answered.
    """

    sid: str
    direction: Direction
    status: CallStatus
    ended: bool
    certain: bool
    from_: str | None
    to: str | None
    other_party: str | None
    agents: tuple[Identity, ...]
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    talk_seconds: int | None
    ring_seconds: int | None
    legs: tuple[Leg, ...]
    recordings: tuple[Recording, ...]
    transcript: str | None
    caller_name: str | None
    refused: str | None
    preflight: bool
    """Whether a phone only tested its connection to Twilio."""
    declined: frozenset[Identity]
    """The agents who declined the call on their phone."""
    story: Story | None
    """Of a call that had more than two ends."""
    left_alone: bool
    """Whether the customer was on hold, or was passed on in vain, when the last other party left."""
    extension: str
    """Digits that are dialled once the number has answered."""

    @property
    def agent(self) -> Identity | None:
        """The identity that called, or that picked up first."""
        return self.agents[0] if self.agents else None


def fold(callbacks: Iterable[Callback]) -> Call:
    """Folds callbacks, at least one and all of one `root_sid`, into their call."""
    return call_of(Evidence.of(callbacks))


def call_of(evidence: Evidence) -> Call:
    """The call that the evidence shows."""
    callbacks, over = evidence.callbacks, outcome.ended(evidence)
    times = times_of(evidence, over=over)
    return Call(
        sid=callbacks[0].root_sid,
        direction=evidence.direction,
        status=outcome.status(evidence, over=over),
        ended=over,
        certain=outcome.certain(evidence),
        from_=evidence.from_,
        to=evidence.to,
        other_party=evidence.other_party,
        agents=evidence.agents,
        started_at=times.started_at,
        answered_at=times.answered_at,
        ended_at=times.ended_at,
        talk_seconds=times.talk_seconds,
        ring_seconds=times.ring_seconds,
        legs=evidence.legs,
        recordings=_recordings(callbacks),
        transcript=first(_said(c) for c in evidence.of_kind(Kind.TRANSCRIPTION)),
        caller_name=first(c.get("CallerName") for c in callbacks if evidence.direction is Direction.INBOUND),
        refused=evidence.refused,
        declined=evidence.declined,
        preflight=evidence.is_preflight,
        story=evidence.story,
        left_alone=_left_alone(evidence),
        extension=_extension(evidence) if evidence.direction is Direction.OUTBOUND else "",
    )


def _left_alone(evidence: Evidence) -> bool:
    passed_on = story_of(evidence) if evidence.has(Kind.TRANSFER) else None
    story = evidence.story or passed_on
    return story is not None and story.left_alone


def _said(transcription: Callback) -> str | None:
    """The text of a transcription; Twilio sends `(blank)` for a silent recording."""
    text = (transcription.get("TranscriptionText") or "").strip()
    return None if text.lower() == BLANK else text


def _extension(evidence: Evidence) -> str:
    """The extension in the number that the agent dialled."""
    dialled = (take_apart(c.get("To") or "") for c in evidence.of_kind(Kind.VOICE))
    return first(number.extension for number in dialled if number) or ""


def _recordings(callbacks: Sequence[Callback]) -> tuple[Recording, ...]:
    """Each recording once, without failed, absent and empty ones.

    https://www.twilio.com/docs/voice/api/recording
    """
    found: dict[str, Recording] = {}
    gone = {c.get("RecordingSid") for c in callbacks if c.get("RecordingStatus") in ("absent", "failed")}
    for callback in callbacks:
        url = callback.get("RecordingUrl")
        if url is None:
            continue
        sid = callback.get("RecordingSid") or url.rstrip("/").rpartition("/")[2]
        evidence = Recording(sid, url, seconds(callback.get("RecordingDuration")))
        found[sid] = max(evidence, found.get(sid, evidence), key=lambda r: (r.duration or 0, r.url))
    return tuple(sorted(r for sid, r in found.items() if sid not in gone and r.duration != 0))
