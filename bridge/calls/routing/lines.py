"""A line: one of the company's numbers, and how calls to it and over it are handled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bridge.calls.numbers import line_at
from bridge.calls.routing.hours import Hours
from bridge.calls.texts import Texts


@dataclass(frozen=True, slots=True)
class Group:
    """Agents who are rung at once; each as configured, by e-mail in Twenty or by identity."""

    agents: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class Owner:
    """The agents who own the caller's company, or spoke with the caller last."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Telephone:
    """A telephone number (E.164)."""

    number: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Message:
    """Something that the caller hears last: a text, or the URL of an audio file."""

    spoken: str


Step = Owner | Group | Telephone | Message
"""One step of a ring plan; the steps run in order until an agent answers."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """What a caller hears before the tone, and how long they may talk.

    As of everything that is heard, the greeting is a text, or the URL of an audio file.
    """

    greeting: str
    longest_seconds: int
    transcribe: bool


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """Which calls are recorded, and what is said before (a text, or the URL of an audio file).

    `by_agents`: whether agents start, pause, resume and stop recordings.
    """

    inbound: bool = False
    outbound: bool = False
    announcement: str | None = None
    by_agents: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How calls to one number, and calls that show it, are handled; without `hours` it is always open.

    `owner_days`: within so many days the agent who last spoke with the caller is rung first.
    `ring_seconds` is how long a called telephone rings, `longest_call_seconds` how long a conversation lasts
    at most; with `machine_detection` Twilio says whether a machine answered a call out.
    """

    name: str
    texts: Texts
    greeting: str | None = None
    hours: Hours | None = None
    steps: tuple[Step, ...]
    closed: Message | None = None
    voicemail: Voicemail | None
    recording: RecordingRules = RecordingRules()
    owner_days: int = 0
    ring_seconds: int
    longest_call_seconds: int | None
    machine_detection: bool

    @property
    def at_last(self) -> Voicemail | Message:
        """The last step, when no agent answers: voicemail, or a message."""
        return self.voicemail or Message(self.texts.no_inbound)

    @property
    def when_closed(self) -> Voicemail | Message:
        """What a caller gets out of hours."""
        return self.closed or self.at_last


@dataclass(frozen=True)
class Lines:
    """All of them, by number (E.164); `default` serves those that are not listed."""

    default: Line
    numbers: Mapping[str, Line] = field(default_factory=dict)

    def of(self, number: str | None) -> Line:
        """The line of a number of ours."""
        found = self.numbers.get(number or "")
        return found or self._by_line.get(line_at(number or ""), self.default)

    @cached_property
    def _by_line(self) -> Mapping[str, Line]:
        return {line_at(number): line for number, line in self.numbers.items()}

    def __iter__(self) -> Iterator[Line]:
        yield self.default
        yield from self.numbers.values()
