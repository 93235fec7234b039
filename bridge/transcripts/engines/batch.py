"""The engine `twilio-batch`: Twilio posts the text once, as JSON; its API never has it.

The progress is `key`, `key id` or `key id second`: an idempotency key (UUIDv7), stored before it is sent; the
transcription's id; and when Twilio was first seen to be done, in seconds since 1970. Behind it stands how
many before it were lost (`Lost`).
"""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.transcripts.segments import Recorded, Role, Transcript
from bridge.errors import TranscriptError, TranscriptRefused, TwilioRefused
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.results import results_of
from bridge.language.phrase import phrase
from bridge.settings.batch_languages import DETECTED
from bridge.transcripts.engines.twilio import Lost, ShapeLog, speakers_of, transcript_of, twilio_errors
from bridge.transcripts.transcriber import Progress, Waiting
from bridge.twilio.transcripts.batch import (
    CONFIGURATION_UNKNOWN,
    INTERNAL,
    BatchTranscription,
    TranscriptionState,
)
from bridge.twilio.transcripts.sentences import BatchResult, batch_result

ENGINE = "twilio-batch"
POLL_SECONDS = 20.0
FIRST_POLL_SECONDS = 3.0
"""After the start: the webhook of a short recording can arrive before the start is stored."""

LOST_AFTER_SECONDS = 300
"""After Twilio is done its webhook can still be on its way: it is tried again for a minute at most."""

TYPES = {Role.CUSTOMER: "CUSTOMER", Role.AGENT: "HUMAN_AGENT"}
UNKNOWN = "unknown"
"""The address of a party without one: Twilio takes any identifier, and infers none where there is one."""


class BatchConfiguration(Struct, frozen=True, kw_only=True):
    """The configuration at Twilio, by its unique name; `language` as Twilio has it, `multi` is detected."""

    name: str
    language: str
    model: str
    callback: str


class _Job(Struct, frozen=True):
    """The progress of a job."""

    lost: int
    key: str
    id: str = ""
    done_at: int = 0

    @classmethod
    def of(cls, text: str) -> Self:
        known = Lost.of(text)
        key, id_, done_at = [*known.begun.split(" "), "", ""][:3]
        return cls(known.count, key, id_, int(done_at) if done_at.isdecimal() else 0)

    def __str__(self) -> str:
        parts = [self.key, self.id, str(self.done_at) if self.done_at else ""]
        return str(Lost(" ".join(parts).rstrip(), self.lost))

    async def once_more(self, progress: Progress, reason: str, *, known: int = 0) -> TranscriptError:
        """See `Lost`."""
        return await Lost("", self.lost).once_more(progress, reason, known=known)


class TwilioBatch:
    """Transcribes by one configuration, made where the account has none; see `Transcriber`."""

    engine = ENGINE

    def __init__(
        self,
        batch: BatchTranscription,
        inbox: Inbox,
        configuration: BatchConfiguration,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rest = batch
        self._inbox = inbox
        self._configuration = configuration
        self._clock = clock
        self._configuration_id = ""
        self._shapes = ShapeLog(ENGINE)

    async def transcribe(self, recorded: Recorded, progress: Progress) -> Transcript | Waiting:
        """See `Transcriber`: starts, then waits for the webhook, and asks about one that does not come."""
        found = await self._result(recorded)
        if found is not None:
            return self._text(recorded, found)
        with twilio_errors(again=[INTERNAL, CONFIGURATION_UNKNOWN]):
            return await self._go_on(recorded, progress)

    def remainder(self, progress: str) -> str:
        """See `Transcriber`: nothing."""
        return ""

    async def erase(self, remainder: str) -> None:
        """See `Transcriber`: Twilio keeps no text; what its webhook brought is erased with its callbacks."""

    async def _go_on(self, recorded: Recorded, progress: Progress) -> Waiting:
        job = _Job.of(progress.text)
        if not job.key:
            job = replace(job, key=_uuid7())
            await progress.save(str(job))
        if not job.id:
            begun = await self._running(recorded) or await self._begin(recorded, job.key)
            job = replace(job, id=begun.id)
            await progress.save(str(job))
            return Waiting(FIRST_POLL_SECONDS)
        return await self._ask(recorded, job, progress)

    async def _running(self, recorded: Recorded) -> TranscriptionState | None:
        """A transcription of this recording whose webhook is still to come."""
        known = await self._rest.of_recording(recorded.recording_sid)
        return next((one for one in known if one.is_running), None)

    async def _begin(self, recorded: Recorded, key: str) -> TranscriptionState:
        people = [
            {"audioChannelIndex": number, "type": TYPES[speaker.role], "address": speaker.address or UNKNOWN}
            for number, speaker in speakers_of(recorded)
        ]
        configuration_id = await self._id_of_configuration()
        try:
            return await self._rest.start(
                configuration_id=configuration_id,
                recording_sid=recorded.recording_sid,
                participants=people,
                key=key,
            )
        except TwilioRefused:
            # It can be gone, and is looked for before the next start.
            self._configuration_id = ""
            raise

    async def _id_of_configuration(self) -> str:
        if not self._configuration_id:
            wanted = self._configuration
            self._configuration_id = await self._rest.ensure_configuration(
                wanted.name,
                language=wanted.language,
                model=wanted.model,
                callback=wanted.callback,
            )
        return self._configuration_id

    async def _ask(self, recorded: Recorded, job: _Job, progress: Progress) -> Waiting:
        """How a job is that stays silent; raises TranscriptLost where its webhook does not come any more."""
        try:
            state = await self._rest.transcription(job.id)
        except TwilioRefused as refused:
            if refused.status != 404:
                raise
            raise await job.once_more(progress, phrase("Twilio no longer has the transcription")) from refused
        if state.is_running:
            return Waiting(state.retry_after or POLL_SECONDS)
        if state.status != "COMPLETED":
            await progress.save("")
            raise TranscriptRefused(phrase("Twilio could not transcribe it: {state}", state=state.status))
        now = int(self._clock().timestamp())
        if not job.done_at:
            await progress.save(str(replace(job, done_at=now)))
        elif now - job.done_at > LOST_AFTER_SECONDS:
            known = await self._rest.of_recording(recorded.recording_sid)
            # Started anew until so many webhooks are lost: then an operator has to look.
            raise await job.once_more(
                progress,
                phrase(
                    "Twilio is done, and its webhook with the text did not arrive: let Twilio reach "
                    "/twilio/transcripts"
                ),
                known=len(known),
            )
        return Waiting(POLL_SECONDS)

    async def _result(self, recorded: Recorded) -> BatchResult | None:
        """What a webhook brought: the latest with a text, else the latest that cannot be read.

        Whether a job failed its state says.
        """
        stored = await results_of(self._inbox, [recorded.recording_sid])
        found = [one for one in map(batch_result, (row.body for row in stored)) if not one.has_failed]
        whole = [one for one in found if one.sentences is not None]
        return next(reversed(whole or found), None)

    def _text(self, recorded: Recorded, found: BatchResult) -> Transcript:
        self._shapes.see(found.shape)
        if found.sentences is None:
            raise TranscriptRefused(phrase("Twilio's webhook has no sentences that can be read; it is kept"))
        language = found.language or self._configuration.language
        return transcript_of(
            recorded,
            found.sentences,
            engine=ENGINE,
            language="" if language == DETECTED else language,
            model=found.model or self._configuration.model,
        )


def _uuid7() -> str:
    """https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7"""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
