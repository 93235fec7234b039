"""Transcripts: which engine transcribes which recordings, and how much a day."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from bridge.language.phrase import Phrase, phrase
from bridge.settings.batch_languages import LANGUAGES, batch_language
from bridge.settings.lines import LineSettings, LinesSettings
from bridge.settings.types import BaseUrl, PhoneNumber, Section, split

Engine = Literal["none", "openai", "twilio-classic", "twilio-batch"]
SpeechModel = Literal["nova-3", "nova-2", "chirp_2", "twilio"]
CallDirection = Literal["inbound", "outbound"]
Directions = Annotated[tuple[CallDirection, ...], BeforeValidator(split)]
ListedLines = Annotated[tuple[PhoneNumber, ...], BeforeValidator(split)]
TwilioName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
SpokenLanguage = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", examples=["fr"])]


class TranscriptSettings(Section):
    """What was said in calls, as text: by which engine, of which recordings, how much a day.

    `webhook` is whether results are kept that Twilio's engines post to `/twilio/transcripts`. `url` is where
    an `openai` engine's API begins, up to `/v1`; `service` is one of Conversation Intelligence, by SID or
    unique name; `configuration` is one of batch transcription, by unique name. Unset, `lines` are all, and
    `language` is detected. With `erase_with_call` the text of a call that a user deletes in Twenty is erased.
    """

    webhook: bool = False
    engine: Engine = "none"
    url: BaseUrl | None = Field(None, examples=["http://whisper:8000/v1"])
    api_key: SecretStr | None = Field(None, min_length=1)
    model: str = Field("whisper-1", min_length=1, max_length=200)
    language: SpokenLanguage | None = None
    lines: ListedLines = Field((), examples=["['+33159130001']"])
    directions: Directions = ("inbound", "outbound")
    voicemails: bool = True
    minimum_seconds: int = Field(5, ge=0, le=3600)
    minutes_per_day: int = Field(600, ge=1, le=100_000)
    piece_megabytes: int = Field(24, ge=1, le=1000)
    timeout_seconds: int = Field(600, ge=10, le=7200)
    service: TwilioName | None = Field(None, examples=["GA0123456789abcdef0123456789abcdef"])
    configuration: TwilioName = "twenty-bridge"
    speech_model: SpeechModel = "nova-3"
    erase_with_call: bool = False

    @model_validator(mode="after")
    def _engine_is_whole(self) -> Self:
        if self.engine == "openai" and not self.url:
            raise ValueError(phrase("engine is openai, which needs url: where its API begins, up to /v1"))
        if self.engine == "twilio-classic" and not self.service:
            raise ValueError(
                phrase(
                    "engine is twilio-classic, which needs service: a service of Conversation Intelligence"
                )
            )
        if self.engine == "twilio-batch":
            self._check_batch()
        return self

    def _check_batch(self) -> None:
        if batch_language(self.language) is None:
            raise ValueError(
                phrase(
                    "engine is twilio-batch, which does not have the language {language}: it has {known}",
                    language=self.language,
                    known=", ".join(LANGUAGES),
                )
            )
        if self.language is None and not self.speech_model.startswith("nova"):
            raise ValueError(
                phrase(
                    "speech_model is {model}, which does not detect the language: set language",
                    model=self.speech_model,
                )
            )

    @property
    def is_on(self) -> bool:
        """Whether an engine transcribes."""
        return self.engine != "none"

    @property
    def takes_results(self) -> bool:
        """Whether results that Twilio posts are kept: `twilio-batch` has the text from nowhere else."""
        return self.webhook or self.engine in {"twilio-batch", "twilio-classic"}

    def covers(self, line: str | None) -> bool:
        """Whether calls of a line are transcribed; None is the line of all numbers that are not listed."""
        return not self.lines or line in self.lines

    def has_voicemails_of(self, line: str | None) -> bool:
        """Whether an engine transcribes a line's voicemails."""
        return self.is_on and self.voicemails and self.covers(line)

    def objection(self, lines: LinesSettings) -> Phrase | None:
        """Why these lines do not allow transcripts: a recording that is not announced, or nothing to read."""
        covered = [(number, line) for number, line in lines.each() if self._concerns(number, lines)]
        secret = next((number for number, line in covered if self._is_secret(line)), OPEN)
        if secret != OPEN:
            where = f"lines.numbers.{secret}" if secret else "lines.default"
            return phrase(
                "engine is {engine}, and {where} records calls without announcing it: set "
                "{where}.recording.announcement, or let it record no calls (inbound, outbound and by_agents "
                "false)",
                engine=self.engine,
                where=where,
            )
        if not any(self._has_audio(line) for _, line in covered):
            return phrase(
                "engine is {engine}, and no line has a recording that is announced, or a voicemail",
                engine=self.engine,
            )
        return None

    def _concerns(self, number: str | None, lines: LinesSettings) -> bool:
        # A listed number without settings of its own is served by the default line.
        return self.covers(number) or (number is None and any(one not in lines.numbers for one in self.lines))

    def _is_secret(self, line: LineSettings) -> bool:
        return any(self._records(line)) and not line.recording.announcement

    def _has_audio(self, line: LineSettings) -> bool:
        return any(self._records(line)) or (self.voicemails and line.voicemail.enabled)

    def _records(self, line: LineSettings) -> Iterator[bool]:
        recording = line.recording
        yield recording.inbound and "inbound" in self.directions
        yield recording.outbound and "outbound" in self.directions
        yield recording.by_agents and bool(self.directions)


OPEN = "no line"
