"""The engine `twilio-classic`: Conversation Intelligence, whose transcripts can be fetched at any time.

Its progress is the transcript's SID, and how many before it Twilio lost (`Lost`). A transcript is started
once: one that exists for the recording, because the process was killed after it started it, or because the
service transcribes all recordings, is taken.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from bridge.calls.transcripts.segments import Recorded, Role, Transcript
from bridge.errors import TranscriptRefused, TranscriptUnavailable, TwilioRefused
from bridge.language.phrase import phrase
from bridge.transcripts.engines.twilio import Lost, ShapeLog, speakers_of, transcript_of, twilio_errors
from bridge.transcripts.transcriber import Progress, Waiting
from bridge.twilio.transcripts.intelligence import NOT_COMPLETED, Intelligence, TranscriptState

ENGINE = "twilio-classic"
POLL_SECONDS = 20.0
OF_RECORDING = "RE"
ROLES = {Role.CUSTOMER: "customer", Role.AGENT: "agent"}


class TwilioClassic:
    """Transcribes in one service, named by its SID or unique name; see `Transcriber`."""

    engine = ENGINE

    def __init__(self, intelligence: Intelligence, *, service: str) -> None:
        self._rest = intelligence
        self._service = service
        self._service_sid = ""
        self._shapes = ShapeLog(ENGINE)

    async def transcribe(self, recorded: Recorded, progress: Progress) -> Transcript | Waiting:
        """See `Transcriber`: starts, then asks until Twilio has the text."""
        with twilio_errors(again=[NOT_COMPLETED]):
            job = Lost.of(progress.text)
            if not job.begun:
                begun = await self._begun(recorded)
                job = replace(job, begun=(begun or await self._begin(recorded)).sid)
                await progress.save(str(job))
                if begun is None:
                    return Waiting(POLL_SECONDS)
            state = await self._state(job, progress)
            if state.has_failed:
                await progress.save("")
                raise TranscriptRefused(phrase("Twilio could not transcribe it: {state}", state=state.status))
            if state.status != "completed":
                return Waiting(POLL_SECONDS)
            return await self._text(recorded, state)

    def remainder(self, progress: str) -> str:
        """See `Transcriber`: the transcript's SID, under which Twilio keeps the text until it is deleted."""
        return Lost.of(progress).begun

    async def erase(self, remainder: str) -> None:
        """See `Transcriber`: deletes a transcript, or all of a recording, with their sentences."""
        with twilio_errors():
            named = Lost.of(remainder).begun
            sids = [named]
            if named.startswith(OF_RECORDING):
                sids = [one.sid for one in await self._rest.transcripts_of(named)]
            for sid in filter(None, sids):
                await self._rest.delete(sid)

    async def _begun(self, recorded: Recorded) -> TranscriptState | None:
        """A transcript of this recording in our service that can still become one."""
        service_sid = await self._sid_of_service()
        known = await self._rest.transcripts_of(recorded.recording_sid)
        ours = (one for one in known if one.sid and one.service_sid == service_sid)
        return next((one for one in ours if not one.has_failed), None)

    async def _begin(self, recorded: Recorded) -> TranscriptState:
        people = [
            {"channel_participant": number, "user_id": speaker.address, "role": ROLES[speaker.role]}
            for number, speaker in speakers_of(recorded)
        ]
        service_sid = await self._sid_of_service()
        with self._needs_service():
            return await self._rest.create(
                service_sid=service_sid, recording_sid=recorded.recording_sid, participants=people
            )

    async def _sid_of_service(self) -> str:
        if not self._service_sid:
            with self._needs_service():
                self._service_sid = (await self._rest.service(self._service)).sid
        return self._service_sid

    @contextmanager
    def _needs_service(self) -> Iterator[None]:
        """A service that is not there is a matter of the settings: no recording is given up for it."""
        try:
            yield
        except TwilioRefused as refused:
            if refused.status != 404:
                raise
            self._service_sid = ""
            raise TranscriptUnavailable(
                phrase("Twilio has no service {service} of Conversation Intelligence", service=self._service)
            ) from refused

    async def _state(self, job: Lost, progress: Progress) -> TranscriptState:
        """Raises TranscriptLost, or TranscriptRefused, where Twilio has it no more."""
        try:
            return await self._rest.transcript(job.begun)
        except TwilioRefused as refused:
            if refused.status != 404:
                raise
            reason = phrase("Twilio no longer has the transcript {sid}", sid=job.begun)
            raise await job.once_more(progress, reason) from refused

    async def _text(self, recorded: Recorded, state: TranscriptState) -> Transcript:
        sentences, shape = await self._rest.sentences(state.sid)
        self._shapes.see(shape)
        if sentences is None:
            raise TranscriptRefused(phrase("Twilio's sentences have no text that can be read"))
        return transcript_of(recorded, sentences, engine=ENGINE, language=state.language)
