"""Jobs: each recording that is wanted is transcribed once, also across failures and kills."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.states import Direction
from bridge.calls.transcripts.merging import transcript_of_call
from bridge.calls.transcripts.recorded import Selection, call_recording
from bridge.calls.transcripts.segments import AudioChannel, Recorded, Role, Segment, Speaker, Transcript
from bridge.errors import (
    BridgeError,
    TranscriptLost,
    TranscriptRefused,
    TranscriptTaken,
    TranscriptUnavailable,
    TwilioRefused,
)
from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.jobs import JobState, KnownJob, claim_job, jobs_of, retry_jobs
from bridge.inbox.transcripts.texts import transcripts_of
from bridge.transcripts.jobs import (
    AT_ONCE,
    MOST_ATTEMPTS,
    MOST_WITHOUT_RECORDING,
    TranscriptJobs,
    next_day,
    pause_after,
    pause_for,
)
from bridge.transcripts.transcriber import Progress, Waiting
from tests.databases import begin
from tests.support import TEN, new_sid, told

MARIE, COMPANY = "+33639980001", "+33159130001"
LATER = TEN + timedelta(minutes=5)
Act = Callable[[Progress], Transcript | Waiting | BridgeError]


def said(text: str = "Bonjour") -> Transcript:
    segments = (Segment(Speaker(Role.CUSTOMER, MARIE), 0, 1, text),)
    return Transcript(segments=segments, language="fr", engine="openai")


class ScriptedEngine:
    """Does what a test says, in order; afterwards it always hears the same."""

    engine = "openai"

    def __init__(self, *acts: Transcript | Waiting | BridgeError) -> None:
        self.acts = list(acts)
        self.asked: list[tuple[Recorded, str]] = []
        self.erased: list[str] = []

    async def transcribe(self, recorded: Recorded, progress: Progress) -> Transcript | Waiting:
        self.asked.append((recorded, progress.text))
        await progress.save(f"asked {len(self.asked)}")
        act = self.acts.pop(0) if self.acts else said()
        if isinstance(act, BridgeError):
            raise act
        return act

    def remainder(self, progress: str) -> str:
        return f"GT of {progress}"

    async def erase(self, remainder: str) -> None:
        self.erased.append(remainder)
        if self.acts:
            act = self.acts.pop(0)
            assert isinstance(act, BridgeError)
            raise act


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = LATER

    def __call__(self) -> datetime:
        return self.now

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}", transcribing=True) as opened:
        yield opened


@pytest.fixture
def watch() -> Watch:
    return Watch()


def a_call(sid: str, *, is_out: bool = False, seconds: int = 60, **of_recording: str) -> list[Callback]:
    """A recorded call between Marie and Anna."""
    leg = "CA" + sid[2:][::-1]
    anna = "client:anna"
    if is_out:
        parties = {"From": anna, "To": MARIE, "Direction": "inbound"}
        theirs = {"From": COMPANY, "To": MARIE, "Direction": "outbound-dial"}
    else:
        parties = {"From": MARIE, "To": COMPANY, "Direction": "inbound"}
        theirs = {"From": MARIE, "To": anna, "Direction": "outbound-dial"}
    recording: dict[str, Any] = {
        "RecordingSid": "RE" + sid[2:],
        "RecordingUrl": "https://api.twilio.com/1",
        "RecordingStatus": "completed",
        "RecordingDuration": str(seconds),
        "RecordingChannels": "2",
        "RecordingStartTime": "Sun, 22 Nov 2026 10:00:09 +0000",
        **of_recording,
    }
    return [
        told(Kind.VOICE, sid, at=0, CallStatus="ringing", **parties),
        told(Kind.STATUS, leg, parent=sid, at=9, CallStatus="in-progress", **theirs),
        told(Kind.STATUS, leg, parent=sid, at=70, CallStatus="completed", CallDuration="60", **theirs),
        told(Kind.DIAL, sid, at=70, DialCallStatus="completed", DialCallSid=leg, **parties),
        told(Kind.RECORDING, sid, at=75, **recording),
    ]


async def stored(inbox: Inbox, calls: list[list[Callback]]) -> list[str]:
    for call in calls:
        for callback in call:
            await inbox.store(callback)
    return [call[0].root_sid for call in calls]


async def work(inbox: Inbox, engine: ScriptedEngine, watch: Watch, **more: object) -> int:
    """Works on all that is due; how many jobs that were."""
    selection = more.pop("selection", Selection())
    per_day = more.pop("seconds_per_day", 1000)
    assert isinstance(selection, Selection)
    assert isinstance(per_day, int)
    jobs = TranscriptJobs(inbox, engine, selection, seconds_per_day=per_day, clock=watch)
    done = 0
    while await jobs.once():
        done += 1
    return done


async def job_of(inbox: Inbox, call: str) -> KnownJob:
    (job,) = await jobs_of(inbox, call)
    return job


CUSTOMER, AGENT = Speaker(Role.CUSTOMER, MARIE), Speaker(Role.AGENT, "anna")


@pytest.mark.parametrize(
    ("is_out", "channels"),
    [
        (False, (AudioChannel(1, CUSTOMER), AudioChannel(2, AGENT))),
        (True, (AudioChannel(1, AGENT), AudioChannel(2, CUSTOMER))),
    ],
)
async def test_the_transcript_of_a_call(
    inbox: Inbox, watch: Watch, is_out: bool, channels: tuple[AudioChannel, ...]
) -> None:
    (call,) = await stored(inbox, [a_call(new_sid(), is_out=is_out)])
    engine = ScriptedEngine()
    assert await work(inbox, engine, watch) == 1
    ((recorded, _),) = engine.asked
    nine = TEN + timedelta(seconds=9)
    assert (recorded.starts_at, recorded.seconds, recorded.channels) == (nine, 60, channels)
    texts = await transcripts_of(inbox, [call])
    made = transcript_of_call(TEN, texts[call])
    assert made
    assert [(s.start_seconds, s.text) for s in made.segments] == [(9, "Bonjour")]
    assert await work(inbox, engine, watch) == 0


def voicemail(sid: str) -> list[Callback]:
    url: dict[str, Any] = {"RecordingSid": "RE" + sid[2:], "RecordingUrl": "https://x"}
    parties = {"From": MARIE, "To": COMPANY, "Direction": "inbound"}
    return [
        told(Kind.VOICE, sid, at=0, CallStatus="ringing", **parties),
        told(Kind.VOICEMAIL, sid, at=50, CallStatus="completed", RecordingDuration="17", **url, **parties),
    ]


def test_a_message_is_the_callers() -> None:
    call = new_sid()
    made = call_recording(voicemail(call), "RE" + call[2:])
    assert made
    assert made.is_voicemail
    assert made.recorded.starts_at == TEN + timedelta(seconds=33)
    assert made.recorded.channels == (AudioChannel(1, Speaker(Role.CUSTOMER, MARIE)),)


def test_one_channel_has_all_who_were_in_the_call() -> None:
    call = new_sid()
    made = call_recording(a_call(call, RecordingChannels="1"), "RE" + call[2:])
    assert made
    assert made.recorded.speaker(1) == Speaker(Role.SEVERAL)
    failed = told(Kind.RECORDING, call, at=80, RecordingSid="RE" + call[2:], RecordingStatus="absent")
    assert call_recording([*a_call(call), failed], "RE" + call[2:]) is None


async def test_who_speaks_is_not_guessed_while_the_call_is_not_known(inbox: Inbox, watch: Watch) -> None:
    whole, lost = a_call(new_sid()), a_call(new_sid())
    await stored(inbox, [whole[-1:], lost[-1:]])
    engine = ScriptedEngine()
    assert await work(inbox, engine, watch) == 2
    job = await job_of(inbox, whole[0].root_sid)
    assert (job.state, job.attempts, engine.asked) == (JobState.DUE, 0, [])
    await stored(inbox, [whole[:-1]])
    watch.later(minutes=2)
    await work(inbox, engine, watch)
    ((recorded, _),) = engine.asked
    assert [one.speaker for one in recorded.channels] == [CUSTOMER, AGENT]
    watch.later(hours=6)
    selection = Selection(directions=[Direction.OUTBOUND])
    open_ = call_recording(lost[-1:], "RE" + lost[0].root_sid[2:])
    assert open_
    assert "directions" in (selection.objection(open_) or "")
    await work(inbox, engine, watch)
    assert {one.speaker for one in engine.asked[1][0].channels} == {Speaker(Role.SEVERAL)}


@pytest.mark.parametrize(
    ("selection", "why"),
    [
        (Selection(minimum_seconds=61), "minimum_seconds"),
        (Selection(lines=["+33159130002"]), "lines"),
        (Selection(directions=[Direction.OUTBOUND]), "directions"),
    ],
)
async def test_what_is_left_out_says_why(inbox: Inbox, watch: Watch, selection: Selection, why: str) -> None:
    (call,) = await stored(inbox, [a_call(new_sid())])
    engine = ScriptedEngine()
    await work(inbox, engine, watch, selection=selection)
    job = await job_of(inbox, call)
    assert (job.state, engine.asked) == (JobState.OMITTED, [])
    assert f"transcripts.{why}" in (job.reason or "")


def test_voicemails_have_a_setting_of_their_own() -> None:
    call = new_sid()
    made = call_recording(voicemail(call), "RE" + call[2:])
    assert made
    assert Selection(directions=[], lines=["+33 1 59 13 00 01"]).objection(made) is None
    assert "voicemails" in (Selection(voicemails=False).objection(made) or "")


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 20), (5.0, 20), (120.0, 120), (1e300, 3600), (float("inf"), 3600)]
)
def test_a_pause_is_as_long_as_the_engine_asks_for_within_bounds(asked: float | None, seconds: int) -> None:
    assert pause_for(TranscriptUnavailable("429", retry_after=asked), 2) == timedelta(seconds=seconds)


async def test_an_engine_that_is_down_is_tried_again(inbox: Inbox, watch: Watch) -> None:
    (call,) = await stored(inbox, [a_call(new_sid())])
    lost = TranscriptLost("lost", progress="once")
    engine = ScriptedEngine(TranscriptUnavailable("down"), lost, Waiting(30))
    await work(inbox, engine, watch)
    job = await job_of(inbox, call)
    assert (job.state, job.reason, job.due_at) == (JobState.DUE, "down", LATER + pause_after(1))
    assert await work(inbox, engine, watch) == 0
    watch.later(hours=1)
    await work(inbox, engine, watch)
    watch.later(hours=1)
    await work(inbox, engine, watch)
    assert (await job_of(inbox, call)).attempts == 0
    watch.later(seconds=30)
    await work(inbox, engine, watch)
    assert (await job_of(inbox, call)).state is JobState.DONE
    # After `lost` it began anew.
    assert [progress for _, progress in engine.asked] == ["", "asked 1", "once", "asked 3"]


class PieceByPiece(ScriptedEngine):
    """Finishes a piece in every other attempt, before it does what a test says."""

    async def transcribe(self, recorded: Recorded, progress: Progress) -> Transcript | Waiting:
        if len(self.asked) % 2:
            await progress.save("piece", is_piece=True)
        return await super().transcribe(recorded, progress)


async def test_a_job_that_advances_piece_by_piece_is_not_parked(inbox: Inbox, watch: Watch) -> None:
    (call,) = await stored(inbox, [a_call(new_sid())])
    engine = PieceByPiece(*[TranscriptUnavailable("429")] * MOST_ATTEMPTS)
    for _ in range(MOST_ATTEMPTS):
        assert await work(inbox, engine, watch) == 1
        watch.later(seconds=pause_after(2).total_seconds())
    await work(inbox, engine, watch)
    assert (await job_of(inbox, call)).state is JobState.DONE


async def test_a_lease_that_lapses_within_a_process_is_noticed(inbox: Inbox, watch: Watch) -> None:
    (call,) = await stored(inbox, [a_call(new_sid())])
    engine = ScriptedEngine(said("Once"), said("Twice"))
    jobs = TranscriptJobs(inbox, engine, Selection(), seconds_per_day=1000, clock=watch)
    former: Progress | None = None

    async def transcribe(recorded: Recorded, progress: Progress) -> Transcript | Waiting:
        nonlocal former
        if former is None:
            former = progress
            watch.later(minutes=2)
            assert await jobs.once()
        else:
            with pytest.raises(TranscriptTaken):
                await former.save("late")
        return await ScriptedEngine.transcribe(engine, recorded, progress)

    engine.transcribe = transcribe  # type: ignore[method-assign]
    assert await jobs.once()
    ((_, made),) = (await transcripts_of(inbox, [call]))[call]
    assert ([s.text for s in made.segments], len(engine.asked)) == (["Once"], 2)


@pytest.mark.parametrize(
    ("problem", "attempts"),
    [
        (TranscriptRefused("no audio"), 1),
        (TwilioRefused("not found", status=404), MOST_WITHOUT_RECORDING),
    ],
)
async def test_what_cannot_be_done_is_parked_until_an_operator_retries_it(
    inbox: Inbox, watch: Watch, problem: BridgeError, attempts: int
) -> None:
    (call,) = await stored(inbox, [a_call(new_sid())])
    engine = ScriptedEngine(*[problem] * attempts)
    for _ in range(attempts):
        assert await work(inbox, engine, watch) == 1
        watch.later(hours=1)
    assert await work(inbox, engine, watch) == 0
    job = await job_of(inbox, call)
    assert (job.state, (job.reason or "").startswith(str(problem))) == (JobState.PARKED, True)
    await retry_jobs(inbox, call, now=watch.now)
    await work(inbox, engine, watch)
    assert (await job_of(inbox, call)).state is JobState.DONE


async def test_what_is_more_than_a_day_allows_waits_for_the_next(inbox: Inbox, watch: Watch) -> None:
    calls = await stored(inbox, [a_call(new_sid()), a_call(new_sid()), a_call(new_sid(), seconds=101)])
    engine = ScriptedEngine()
    await work(inbox, engine, watch, seconds_per_day=100)
    states = {(await job_of(inbox, call)).state for call in calls[:2]}
    assert states == {JobState.DONE, JobState.DUE}
    assert (await job_of(inbox, calls[2])).state is JobState.PARKED
    watch.now = next_day(watch.now)
    await work(inbox, engine, watch, seconds_per_day=100)
    assert len(engine.asked) == 2


async def test_another_engine_begins_anew(inbox: Inbox, watch: Watch) -> None:
    await stored(inbox, [a_call(new_sid())])
    await work(inbox, ScriptedEngine(TranscriptUnavailable("down")), watch)
    watch.later(hours=1)
    other = ScriptedEngine()
    other.engine = "twilio-classic"
    await work(inbox, other, watch)
    assert [progress for _, progress in other.asked] == [""]


class Wrong(Selection, frozen=True):
    """Has a fault that one call alone brings out."""

    def objection(self, recording: Any) -> str | None:
        if recording.recorded.seconds == 61:
            raise ValueError("a fault")
        return super().objection(recording)


async def test_a_fault_at_one_recording_leaves_the_others_alone(inbox: Inbox, watch: Watch) -> None:
    sids = [new_sid(), new_sid()]
    await stored(inbox, [a_call(sids[0], seconds=61), a_call(sids[1])])
    await work(inbox, ScriptedEngine(), watch, selection=Wrong())
    found = [await job_of(inbox, sid) for sid in sids]
    assert [one.state for one in found] == [JobState.DUE, JobState.DONE]
    assert found[0].reason == "Unexpected error (ValueError); see the log."


async def test_what_the_engine_keeps_elsewhere_is_erased_there_too(inbox: Inbox, watch: Watch) -> None:
    (call,) = await stored(inbox, [a_call(new_sid())])
    engine = ScriptedEngine()
    engine.engine = "twilio-classic"
    await work(inbox, engine, watch)
    await erase(inbox, [call])
    jobs = TranscriptJobs(inbox, engine, Selection(), seconds_per_day=1000, clock=watch)
    engine.acts = [TranscriptUnavailable("down")]
    for _ in range(3):
        await jobs.erase()
    assert engine.erased == ["GT of asked 1"] * 2


async def test_it_runs_by_itself_and_frees_what_its_predecessor_held(inbox: Inbox) -> None:
    (call,) = await stored(inbox, [a_call(new_sid())])
    assert await claim_job(inbox, b"0" * 16, now=LATER)
    engine = ScriptedEngine()
    jobs = TranscriptJobs(inbox, engine, Selection(), seconds_per_day=1000)
    running = asyncio.create_task(jobs.run())
    await inbox.news.wait()
    inbox.news.clear()
    while (await job_of(inbox, call)).state is not JobState.DONE:
        await inbox.news.wait()
        inbox.news.clear()
    running.cancel()
    assert await transcripts_of(inbox, [call])


class Stalling(ScriptedEngine):
    """Never answers for the recordings of some calls."""

    def __init__(self, *calls: str) -> None:
        super().__init__()
        self.stalled = {"RE" + call[2:] for call in calls}

    async def transcribe(self, recorded: Recorded, progress: Progress) -> Transcript | Waiting:
        if recorded.recording_sid in self.stalled:
            await asyncio.Event().wait()
        return await super().transcribe(recorded, progress)


async def test_recordings_at_which_the_engine_stalls_keep_no_other_waiting(inbox: Inbox) -> None:
    calls = await stored(inbox, [a_call(new_sid()) for _ in range(AT_ONCE + 2)])
    stalls, others = calls[: AT_ONCE - 1], calls[AT_ONCE - 1 :]
    jobs = TranscriptJobs(inbox, Stalling(*stalls), Selection(), seconds_per_day=1000)
    running = asyncio.create_task(jobs.run())
    while set(await transcripts_of(inbox, calls)) != set(others):
        inbox.news.clear()
        await inbox.news.wait()
    running.cancel()
    # A job that was under way is still there for the next process.
    assert {(await job_of(inbox, call)).state for call in stalls} == {JobState.DUE}
