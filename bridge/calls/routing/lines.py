"""A line: one of the company's numbers, and how calls to it and over it are handled."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from bridge.calls.numbers import line_at
from bridge.calls.routing.hours import Hours
from bridge.calls.texts import Texts


class Group(Struct, frozen=True):
    """Agents who ring at the same time; each as configured, by e-mail in Twenty or by identity."""

    agents: tuple[str, ...]
    seconds: int


class Owner(Struct, frozen=True):
    """The agents who own the caller's company, or spoke with the caller last."""

    seconds: int


class Telephone(Struct, frozen=True):
    """A telephone number (E.164)."""

    number: str
    seconds: int


class Message(Struct, frozen=True):
    """The last thing that the caller hears: a text, or the URL of an audio file."""

    spoken: str


Step = Owner | Group | Telephone | Message
"""One step of a ring plan; the steps run in order until an agent answers."""


class Voicemail(Struct, frozen=True):
    """The greeting before the tone, and how long the caller can talk.

    The greeting is a text, or the URL of an audio file.
    """

    greeting: str
    longest_seconds: int
    transcribe: bool


class RecordingRules(Struct, frozen=True):
    """Which calls are recorded, and the announcement before (a text, or the URL of an audio file).

    `by_agents`: whether agents can start, pause, resume and stop recordings.
    """

    inbound: bool = False
    outbound: bool = False
    announcement: str | None = None
    by_agents: bool = True
    pause_on_hold: bool = False
    """Whether a recording pauses while the customer is on hold."""


class Line(Struct, frozen=True, kw_only=True):
    """How calls to one number, and calls that show it, are handled; without `hours` it is always open.

    `owner_days`: an agent who spoke with the caller within this many days rings first. `ring_seconds` is how
    long a called telephone rings, `longest_call_seconds` the longest conversation. With `machine_detection`
    Twilio reports whether a machine answered an outbound call.
    """

    name: str
    texts: Texts
    greeting: str | None = None
    hours: Hours | None = None
    steps: tuple[Step, ...]
    closed: Message | None = None
    voicemail: Voicemail | None
    recording: RecordingRules = RecordingRules()
    owner_days: int
    ring_seconds: int
    longest_call_seconds: int | None
    machine_detection: bool

    @property
    def at_last(self) -> Voicemail | Message:
        """The last step, when no agent answers: voicemail, or a message."""
        return self.voicemail or Message(self.texts.no_inbound)

    @property
    def when_closed(self) -> Voicemail | Message:
        """The answer outside of opening hours: the `closed` message, else the last step."""
        return self.closed or self.at_last


class Lines(Struct, frozen=True, dict=True):
    """All lines by number (E.164); numbers without an entry have the `default` line."""

    default: Line
    numbers: Mapping[str, Line]

    def of(self, number: str | None) -> Line:
        """The line of one of the company's numbers."""
        found = self.numbers.get(number or "")
        return found or self._by_line.get(line_at(number or ""), self.default)

    @cached_property
    def _by_line(self) -> Mapping[str, Line]:
        return {line_at(number): line for number, line in self.numbers.items()}

    def __iter__(self) -> Iterator[Line]:
        yield self.default
        yield from self.numbers.values()
