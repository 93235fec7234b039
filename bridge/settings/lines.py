"""Settings of calls in: who rings, when, and what follows when no agent answers."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from bridge.calls.numbers import e164
from bridge.language.phrase import joined, phrase
from bridge.settings.hours import HoursSettings
from bridge.settings.types import Language, Names, PhoneNumber, Section, Spoken, by_default

RING_SECONDS = 25
"""Less than most networks wait for an answer."""

RingSeconds = Annotated[int, Field(ge=5, le=600)]


OURS = "ours"
Announcement = Annotated[
    Spoken | None, BeforeValidator(lambda value: {True: OURS, False: None}.get(value, value))
]
"""True is our own words."""


class OwnerSettings(Section):
    """Who rings first: the owner of the caller's company, else who last spoke with them within `days`.

    0 seconds: this step is skipped.
    """

    seconds: int = Field(15, ge=0, le=600, examples=["15"])
    days: int = Field(30, ge=0, le=3650)

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if 0 < self.seconds < 5:
            raise ValueError(
                phrase("seconds should be at least 5, which Twilio needs, or 0 to skip the owner")
            )
        return self


class RingStep(Section):
    """One step of a ring plan: agents (all, where none are named), or a number, or a last message."""

    agents: Names | None = Field(None, min_length=1, examples=["[alice@example.com, bob]"])
    order: Literal["simultaneous", "sequential"] = "simultaneous"
    number: PhoneNumber | None = Field(None, examples=["'+33612345678'"])
    message: Spoken | None = Field(None, examples=[phrase("We are in a meeting.")])
    seconds: RingSeconds = RING_SECONDS

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        named = [name for name in ("agents", "number", "message") if getattr(self, name) is not None]
        if len(named) > 1:
            raise ValueError(
                phrase(
                    "should be one of agents, number and message, and is {named}",
                    named=joined(phrase(" and "), named),
                )
            )
        return self


class VoicemailSettings(Section):
    """A message after the tone.

    `transcribe` unset means: in English, which is all that Twilio understands.
    """

    enabled: bool = True
    greeting: Spoken | None = Field(None, examples=["https://example.com/greeting.mp3"])
    longest_seconds: int = Field(120, ge=5, le=3600)
    transcribe: bool | None = None


class RecordedSettings(Section):
    """Which calls are recorded, each side on a channel; `announcement: true` says so in our words.

    With `by_agents` agents start, pause, resume and stop a recording from their phones; with `pause_on_hold`
    it pauses while the customer is on hold.
    """

    inbound: bool = False
    outbound: bool = False
    by_agents: bool = True
    pause_on_hold: bool = False
    announcement: Announcement = Field(None, examples=["true"])


class LineSettings(Section):
    """One line. What a listed number leaves out is as in the default line."""

    name: str = Field("", max_length=60, examples=["Shop"])
    language: Language | None = None
    greeting: Spoken | None = Field(None, examples=[phrase("Welcome to the shop.")])
    hours: HoursSettings | None = None
    closed_message: Spoken | None = Field(
        None, examples=[phrase("We are closed. Please call again tomorrow.")]
    )
    owner: OwnerSettings = by_default()
    ring: tuple[RingStep, ...] = Field(
        ({},), validate_default=True, examples=["[{agents: [alice, bob], seconds: 25}]"]
    )
    voicemail: VoicemailSettings = by_default()
    recording: RecordedSettings = by_default()

    @model_validator(mode="after")
    def _message_last(self) -> Self:
        if any(step.message is not None for step in self.ring[:-1]):
            raise ValueError(phrase("ring has steps after a message, which ends the call"))
        return self

    def over(self, default: "LineSettings") -> "LineSettings":
        """This line, with the default's for what it does not set."""
        return default.model_copy(update={name: getattr(self, name) for name in self.model_fields_set})


def _sent_to(line: LineSettings, own: Collection[str]) -> list[str]:
    return [step.number for step in line.ring if step.number and step.number in own]


class LinesSettings(Section):
    """The company's numbers that are served in ways of their own, and the default for all others."""

    default: LineSettings = by_default()
    numbers: dict[PhoneNumber, LineSettings] = Field({}, examples=["{'+33159130001': {name: Shop}}"])

    @field_validator("numbers", mode="before")
    @classmethod
    def _each_once(cls, numbers: object) -> object:
        """A second spelling of a number would replace the first, silently."""
        seen: dict[str, object] = {}
        for written in numbers if isinstance(numbers, dict) else ():
            number = e164(str(written), "ZZ") or e164(f"+{written}", "ZZ")
            if number and number.line in seen:
                raise ValueError(
                    phrase("{written} and {seen} are one number", written=written, seen=seen[number.line])
                )
            if number:
                seen[number.line] = written
        return numbers

    def forwards(self, own: Collection[str]) -> Mapping[str, Collection[str]]:
        """Each of the company's numbers → those of them to which its line may send a caller on."""
        lines = dict(self.each())
        return {number: _sent_to(lines.get(number, self.default), own) for number in own}

    @property
    def forwarded_to(self) -> frozenset[str]:
        """The numbers to which any of the lines may send a caller on."""
        return frozenset(step.number for _, line in self.each() for step in line.ring if step.number)

    def each(self) -> Iterator[tuple[str | None, LineSettings]]:
        """Number and line, each complete; None is for all others."""
        yield None, self.default
        for number, line in self.numbers.items():
            yield number, line.over(self.default)
