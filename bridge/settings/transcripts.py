"""Transcripts: which engine transcribes which recordings, and how much a day."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from bridge.language.phrase import Phrase, phrase
from bridge.settings.lines import LineSettings, LinesSettings
from bridge.settings.types import BaseUrl, PhoneNumber, Section, split

Engine = Literal["none", "openai"]
CallDirection = Literal["inbound", "outbound"]
Directions = Annotated[tuple[CallDirection, ...], BeforeValidator(split)]
ListedLines = Annotated[tuple[PhoneNumber, ...], BeforeValidator(split)]
SpokenLanguage = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", examples=["fr"])]


class TranscriptSettings(Section):
    """What was said in calls, as text: by which engine, of which recordings, how much a day.

    `webhook` is whether results are kept that Twilio's engines post to `/twilio/transcripts`. `url` is where
    an `openai` engine's API begins, up to `/v1`. Unset, `lines` are all, and `language` is detected.
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

    @model_validator(mode="after")
    def _engine_is_whole(self) -> Self:
        if self.engine == "openai" and not self.url:
            raise ValueError(phrase("engine is openai, which needs url: where its API begins, up to /v1"))
        return self

    @property
    def is_on(self) -> bool:
        """Whether an engine transcribes."""
        return self.engine != "none"

    def covers(self, line: str | None) -> bool:
        """Whether calls of a line are transcribed; None is the line of all numbers that are not listed."""
        return not self.lines or line in self.lines

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
