"""Twilio's two engines against the sandbox: started once, and paid for again only where they must."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from bridge.calls.transcripts.segments import AudioChannel, Recorded, Role, Speaker, Transcript
from bridge.errors import TranscriptLost, TranscriptRefused, TranscriptUnavailable
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.results import drop_results_before, results_of
from bridge.sandbox.sound import Conversation, Said
from bridge.sandbox.twilio import TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.recordings import Recording
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.transcribing import Service
from bridge.transcripts.engines.batch import BatchConfiguration, TwilioBatch
from bridge.transcripts.engines.classic import TwilioClassic
from bridge.transcripts.transcriber import Waiting
from bridge.twilio.signature import Validator
from bridge.twilio.transcripts.opening import TranscriptsRest, open_transcripts
from bridge.web.operation.access_log import observing
from bridge.web.twilio.signed import SignedForms
from bridge.web.twilio.transcripts import Transcripts
from tests.support import TEN, twilio_settings

PUBLIC_URL = "https://phone.example.com"
AGENT, CUSTOMER = Speaker(Role.AGENT, "anna"), Speaker(Role.CUSTOMER, "+33639980001")
TALK = Conversation([Said(1, 0.5, "Hello this is 4711"), Said(2, 3, "Hello Anna")])
SAID = [(AGENT, 0.5, "Hello this is 4711"), (CUSTOMER, 3.0, "Hello Anna")]


@dataclass
class Saved:
    """The progress of a job, as the inbox stores it."""

    text: str = ""

    async def save(self, text: str, *, is_piece: bool = False) -> None:
        self.text = text


@dataclass
class World:
    """A Twilio that posts to a bridge's edge, which stores in the inbox; and the clock of the engine."""

    twilio: TwilioSandbox
    rest: TranscriptsRest
    inbox: Inbox
    now: datetime = TEN

    def recorded(self, **changes: Any) -> Recorded:
        """A recording that Twilio has, and how the bridge knows it."""
        made = Recording(
            sid=new_sid("RE"),
            call_sid=new_sid("CA"),
            source="DialVerb",
            started=TEN,
            began_at=0,
            channels=2,
            status="completed",
            duration=10,
            conversation=TALK,
        )
        for name, value in changes.items():
            setattr(made, name, value)
        self.twilio.account.keep_recording(made)
        channels = (AudioChannel(1, AGENT), AudioChannel(2, CUSTOMER))
        return Recorded(recording_sid=made.sid, starts_at=TEN, seconds=10, channels=channels)

    def batch(self, *, language: str = "fr-FR", model: str = "nova-3") -> TwilioBatch:
        configuration = BatchConfiguration(
            name="bridge",
            language=language,
            model=model,
            callback=f"{PUBLIC_URL}/twilio/transcripts#rc=5&rp=all",
        )
        return TwilioBatch(self.rest.batch, self.inbox, configuration, clock=lambda: self.now)

    def classic(self, name: str = "bridge") -> TwilioClassic:
        return TwilioClassic(self.rest.intelligence, service=name)

    def open_service(self, **settings: str) -> Service:
        service = Service(unique_name="bridge", settings=settings)
        self.twilio.account.transcribing.services[service.sid] = service
        return service

    def paid(self, recorded: Recorded) -> int:
        return self.twilio.account.transcribing.billed(recorded.recording_sid)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with (
        twilio_sandbox() as twilio,
        open_inbox(f"sqlite+aiosqlite:///{tmp_path}/inbox.db") as inbox,
        edge(twilio, inbox) as url,
        open_transcripts(twilio_settings(twilio), pauses=()) as rest,
    ):
        twilio.routes = {PUBLIC_URL: url}
        yield World(twilio, rest, inbox)


@asynccontextmanager
async def edge(twilio: TwilioSandbox, inbox: Inbox) -> AsyncIterator[str]:
    """The bridge's route for results, which verifies signature and hash."""
    signed = SignedForms(Validator([twilio.auth_token]), PUBLIC_URL, account_sid=twilio.account_sid)
    app = web.Application(middlewares=[observing()])
    app.router.add_post("/twilio/transcripts", signed.json(Transcripts(inbox, is_on=True).receive))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def said(found: Transcript | Waiting) -> list[tuple[Speaker, float, str]]:
    assert isinstance(found, Transcript)
    return [(one.speaker, one.start_seconds, one.text) for one in found.segments]


async def test_batch_starts_once_and_reads_the_webhook(world: World) -> None:
    recorded, progress, engine = world.recorded(), Saved(), world.batch()
    assert isinstance(await engine.transcribe(recorded, progress), Waiting)
    await world.twilio.worked()
    found = await engine.transcribe(recorded, progress)
    assert said(found) == SAID
    assert isinstance(found, Transcript)
    assert (found.engine, found.language, found.model) == ("twilio-batch", "fr-FR", "nova-3")
    assert found.segments[0].confidence == 0.94
    [job] = world.twilio.account.transcribing.transcriptions.values()
    assert [(one["audioChannelIndex"], one["type"], one["address"]) for one in job.participants] == [
        (1, "HUMAN_AGENT", "anna"),
        (2, "CUSTOMER", "+33639980001"),
    ]
    # A process that was killed before it stored the text finds the webhook's again.
    assert said(await world.batch().transcribe(recorded, Saved(progress.text))) == SAID
    assert world.paid(recorded) == 1


async def test_batch_is_paid_once_however_the_process_dies(world: World) -> None:
    """Killed after the key was stored, and after Twilio started: with the webhook come, running, and lost."""
    for lost, running in ((0, False), (0, True), (1, False)):
        recorded, progress = world.recorded(), Saved()
        switches = world.twilio.account.transcribing.switches
        switches.lost = lost
        await world.batch().transcribe(recorded, progress)
        killed = Saved(progress.text.split(" ")[0])
        await world.twilio.worked()
        if running:
            [job] = [
                one
                for one in world.twilio.account.transcribing.transcriptions.values()
                if one.recording.sid == recorded.recording_sid
            ]
            # Beyond Twilio's window for the key.
            job.status, killed = "RUNNING", Saved("another-key")
            await clear(world.inbox)
        await world.batch().transcribe(recorded, killed)
        assert world.paid(recorded) == 1


async def clear(inbox: Inbox) -> None:
    await drop_results_before(inbox, datetime.now(UTC) + timedelta(days=1))


async def test_batch_whose_webhook_is_lost_starts_anew_after_a_while(world: World) -> None:
    recorded, progress, engine = world.recorded(), Saved(), world.batch()
    world.twilio.account.transcribing.switches.lost = 1
    await engine.transcribe(recorded, progress)
    await world.twilio.worked()
    assert isinstance(await engine.transcribe(recorded, progress), Waiting)
    world.now += timedelta(seconds=299)
    assert isinstance(await world.batch().transcribe(recorded, progress), Waiting)
    world.now += timedelta(seconds=2)
    with pytest.raises(TranscriptLost):
        await engine.transcribe(recorded, progress)
    # The job's progress is emptied then, and it starts again, which is paid for.
    anew = Saved()
    await engine.transcribe(recorded, anew)
    await world.twilio.worked()
    assert said(await engine.transcribe(recorded, anew)) == SAID
    assert world.paid(recorded) == 2


async def test_batch_whose_webhooks_never_come_is_paid_three_times_at_most(world: World) -> None:
    recorded, engine = world.recorded(), world.batch()
    world.twilio.account.transcribing.switches.lost = 9

    async def lost() -> type[Exception]:
        progress = Saved()
        await engine.transcribe(recorded, progress)
        await world.twilio.worked()
        await engine.transcribe(recorded, progress)
        world.now += timedelta(seconds=301)
        with pytest.raises((TranscriptLost, TranscriptRefused)) as raised:
            await engine.transcribe(recorded, progress)
        return raised.type

    assert [await lost() for _ in range(3)] == [TranscriptLost, TranscriptLost, TranscriptRefused]
    assert world.paid(recorded) == 3


async def test_batch_webhooks_that_come_twice_or_with_a_wrong_hash(world: World) -> None:
    switches = world.twilio.account.transcribing.switches
    recorded, progress, engine = world.recorded(), Saved(), world.batch()
    # Twilio tries a refused one again, with the right hash then.
    switches.forged, switches.twice = 1, 1
    await engine.transcribe(recorded, progress)
    await world.twilio.worked()
    statuses = [one.status_code for one in world.twilio.account.transcribing.deliveries]
    assert statuses[-1] == 204
    assert len(await results_of(world.inbox, [recorded.recording_sid])) == 1
    assert said(await engine.transcribe(recorded, progress)) == SAID


def renamed(body: dict[str, Any]) -> dict[str, Any]:
    sentences = [
        {
            "media_channel": one["audioChannelIndex"],
            "start_time": str(one["startTimeSeconds"]),
            "transcript": one["text"],
        }
        for one in reversed(body["sentences"])
    ]
    return {"source_sid": body["sourceId"], "status": "COMPLETED", "transcription": {"sentences": sentences}}


@pytest.mark.parametrize(
    ("reshape", "expected"),
    [
        (renamed, SAID),
        (lambda body: {**body, "status": "COMPLETED", "news": {"a": [1]}}, SAID),
        (lambda body: {**body, "sentences": None}, []),
        (lambda body: {name: value for name, value in body.items() if name != "sentences"}, []),
        (lambda body: {**body, "sentences": "Hello"}, None),
        (lambda body: {**body, "sentences": [{"words": "Hello"}]}, None),
        (lambda body: json.dumps(body).replace("0.94", "NaN").encode(), SAID),
        (lambda body: json.dumps(body).replace("Hello Anna", r"Hello\u0000 \ud800Anna").encode(), SAID),
    ],
)
async def test_batch_webhooks_of_other_shapes(
    world: World, reshape: Callable[[dict[str, Any]], Any], expected: list[Any] | None
) -> None:
    recorded, progress, engine = world.recorded(), Saved(), world.batch()
    world.twilio.account.transcribing.switches.reshape = reshape
    await engine.transcribe(recorded, progress)
    await world.twilio.worked()
    if expected is None:
        # It is kept, and not paid for again.
        with pytest.raises(TranscriptRefused):
            await engine.transcribe(recorded, progress)
    else:
        assert said(await engine.transcribe(recorded, progress)) == expected
    assert world.paid(recorded) == 1


@pytest.mark.parametrize(
    ("changes", "refusals", "error"),
    [
        ({"duration": 1}, [], TranscriptRefused),
        ({"status": "in-progress"}, [], TranscriptRefused),
        ({}, [(400, 17566)], TranscriptRefused),
        ({}, [(422, 17561)], TranscriptUnavailable),
        ({}, [(503, 0)], TranscriptUnavailable),
        ({}, [(429, 20429)], TranscriptUnavailable),
        ({}, [(401, 20003)], TranscriptUnavailable),
    ],
)
async def test_batch_refusals(
    world: World, changes: dict[str, Any], refusals: list[tuple[int, int]], error: type[Exception]
) -> None:
    recorded = world.recorded(**changes)
    world.twilio.account.transcribing.switches.refused.extend(refusals)
    with pytest.raises(error):
        await world.batch().transcribe(recorded, Saved())
    assert world.paid(recorded) == 0


async def test_batch_keeps_its_configuration_as_the_settings_want_it(world: World) -> None:
    state = world.twilio.account.transcribing
    for language, model, wanted in (
        ("fr-FR", "nova-3", ("deepgram", "nova-3", "fr-FR")),
        ("multi", "nova-2", ("deepgram", "nova-2", "multi")),
        ("de-DE", "twilio", ("twilio_managed", None, "de-DE")),
    ):
        await world.batch(language=language, model=model).transcribe(world.recorded(), Saved())
        [found] = state.configurations.values()
        kept = found.configuration
        assert (kept["transcriptionEngine"], kept.get("speechModel"), kept["language"]) == wanted
    engine, recorded, progress = world.batch(), world.recorded(), Saved()
    await engine.transcribe(world.recorded(), Saved())
    state.configurations.clear()
    with pytest.raises(TranscriptUnavailable):
        await engine.transcribe(recorded, progress)
    await engine.transcribe(recorded, progress)
    assert world.paid(recorded) == 1


async def test_batch_is_not_for_an_account_with_conversation_intelligence(world: World) -> None:
    world.open_service()
    recorded = world.recorded()
    with pytest.raises(TranscriptUnavailable):
        await world.batch().transcribe(recorded, Saved())


async def test_a_failed_transcript_parks_its_job_and_a_retry_starts_anew(world: World) -> None:
    for engine in (world.batch(), world.classic()):
        if engine.engine == "twilio-classic":
            world.open_service()
        recorded, progress = world.recorded(), Saved()
        world.twilio.account.transcribing.switches.failing = 1
        await engine.transcribe(recorded, progress)
        await world.twilio.worked()
        with pytest.raises(TranscriptRefused):
            await engine.transcribe(recorded, progress)
        assert progress.text == ""
        await engine.transcribe(recorded, progress)
        await world.twilio.worked()
        assert said(await engine.transcribe(recorded, progress)) == SAID


async def test_classic_starts_once_and_fetches_again(world: World) -> None:
    world.open_service(AutoRedaction="true")
    recorded, progress, engine = world.recorded(), Saved(), world.classic()
    await engine.transcribe(recorded, progress)
    await world.twilio.worked()
    redacted = [(AGENT, 0.5, "Hello this is [REDACTED]"), SAID[1]]
    for after_a_kill in (progress, Saved(progress.text), Saved()):
        found = await world.classic().transcribe(recorded, after_a_kill)
        assert said(found) == redacted
        assert after_a_kill.text == progress.text
    assert isinstance(found, Transcript)
    assert (found.engine, found.language) == ("twilio-classic", "en-US")
    assert world.paid(recorded) == 1
    [made] = world.twilio.account.transcribing.transcripts.values()
    assert made.channel["participants"] == [
        {"channel_participant": 1, "user_id": "anna", "role": "agent"},
        {"channel_participant": 2, "user_id": "+33639980001", "role": "customer"},
    ]
    for _ in range(2):
        await engine.erase(engine.remainder(progress.text))
    assert world.paid(recorded) == 0
    with pytest.raises(TranscriptLost):
        await engine.transcribe(recorded, progress)


async def test_what_twilio_loses_is_paid_three_times_at_most(world: World) -> None:
    state = world.twilio.account.transcribing
    state.switches.until = asyncio.Event()
    for engine, kept in ((world.batch(), state.transcriptions), (world.classic(), state.transcripts)):
        if engine.engine == "twilio-classic":
            world.open_service()
        recorded, progress, errors, paid = world.recorded(), Saved(), [], 0
        for _ in range(3):
            await engine.transcribe(recorded, progress)
            paid += world.paid(recorded)
            kept.clear()
            with pytest.raises((TranscriptLost, TranscriptRefused)) as raised:
                await engine.transcribe(recorded, progress)
            errors.append(raised.type)
            if isinstance(raised.value, TranscriptLost):
                progress.text = raised.value.progress
                assert engine.remainder(progress.text) == ""
        assert (errors, paid) == ([TranscriptLost, TranscriptLost, TranscriptRefused], 3)
        # An operator's retry has all of them again.
        assert progress.text == ""


async def test_classic_refusals(world: World) -> None:
    recorded = world.recorded()
    with pytest.raises(TranscriptUnavailable, match="no service bridge"):
        await world.classic().transcribe(recorded, Saved())
    world.open_service()
    unknown = replace(recorded, recording_sid="RE" + "a" * 32)
    with pytest.raises(TranscriptRefused, match="95102"):
        await world.classic().transcribe(unknown, Saved())
    with pytest.raises(TranscriptUnavailable, match="95120"):
        await world.classic().transcribe(world.recorded(status="in-progress"), Saved())
    world.twilio.account.transcribing.switches.refused.append((500, 95100))
    progress = Saved()
    with pytest.raises(TranscriptUnavailable):
        await world.classic().transcribe(recorded, progress)
    assert progress.text == ""


@pytest.mark.parametrize(
    "channels",
    [
        (AudioChannel(1, Speaker(Role.CUSTOMER)),),
        (AudioChannel(1, Speaker(Role.SEVERAL)),),
        (AudioChannel(1, AGENT), AudioChannel(2, Speaker(Role.AGENT, "bob"))),
        (AudioChannel(1, CUSTOMER), AudioChannel(2, AGENT)),
        (AudioChannel(1, AGENT), AudioChannel(2, Speaker(Role.SEVERAL))),
        (AudioChannel(1, CUSTOMER), AudioChannel(2, CUSTOMER)),
        (),
    ],
)
async def test_whatever_is_on_its_channels_a_recording_is_taken(
    world: World, channels: tuple[AudioChannel, ...]
) -> None:
    recorded = replace(world.recorded(), channels=channels)
    await world.batch().transcribe(recorded, Saved())
    assert world.paid(recorded) == 1
    world.open_service()
    await world.classic().transcribe(recorded, Saved())
    assert world.paid(recorded) == 2
