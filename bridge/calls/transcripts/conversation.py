"""What was said, as people read it: the dialogue with names and times, and the summary above it."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from bridge.calls.recording_links import Link
from bridge.calls.texts import Texts
from bridge.calls.transcripts.cleaning import shortened
from bridge.calls.transcripts.dialogue import clock, dialogue
from bridge.calls.transcripts.segments import Speaker, Transcript
from bridge.calls.transcripts.summary import CallSummary, Point

MOST_TASKS = 3
"""Next steps of one call that become tasks."""
LONGEST_TITLE = 200
"""Characters of a task's title."""


class Spoken(Struct, frozen=True):
    """What was said in a call, and its summary, if there is one."""

    transcript: Transcript
    summary: CallSummary | None = None


class Turn(Struct, frozen=True):
    """What one person says until another one speaks; `name` is empty where the speaker is unknown."""

    name: str
    at: str
    text: str

    def __str__(self) -> str:
        return f"{self.lead}{self.text}"

    @property
    def lead(self) -> str:
        """`Anna (1:05): `."""
        return f"{self.name} ({self.at}): " if self.name else f"({self.at}) "


class SummaryPart(Struct, frozen=True):
    """A part of a summary under its heading; each point ends with its time, as `(0:42)`."""

    heading: str
    points: tuple[str, ...]


class ProposedTask(Struct, frozen=True):
    """A next step that a model proposes, marked as such."""

    title: str
    body: tuple[str, ...]


class Conversation(Struct, frozen=True, kw_only=True):
    """A call's dialogue and summary in the reader's language; `origin` says what made the summary.

    `page` leads to all of it, on the bridge's own page.
    """

    heading: str
    turns: tuple[Turn, ...]
    summary: tuple[SummaryPart, ...]
    origin: str
    page: Link
    proposed: tuple[ProposedTask, ...] = ()


def conversation_of(
    spoken: Spoken, *, name: Callable[[Speaker], str], texts: Texts, page: str, proposes: bool = False
) -> Conversation:
    """What is shown of a call; `name` says what a speaker is called, `page` is the URL of all of it.

    With `proposes` the next steps are proposed as tasks.
    """
    summary = spoken.summary
    return Conversation(
        heading=texts.transcript,
        turns=tuple(turns(spoken.transcript, name)),
        summary=tuple(_parts(summary, texts)) if summary else (),
        origin=_origin(summary, texts) if summary else "",
        page=Link(texts.whole_transcript, page),
        proposed=tuple(_proposed(summary, texts)) if summary and proposes else (),
    )


def turns(transcript: Transcript, name: Callable[[Speaker], str]) -> Iterator[Turn]:
    """The dialogue, in order of time."""
    for one in dialogue(transcript):
        yield Turn(name(one.speaker), clock(one.start_seconds), one.text)


def upto(said: Sequence[Turn], longest: int) -> Sequence[Turn]:
    """The first turns that have at most so many characters together, and at least one."""
    size = 0
    for number, turn in enumerate(said):
        size += len(turn.lead) + len(turn.text)
        if number and size > longest:
            return said[:number]
    return said


def _parts(summary: CallSummary, texts: Texts) -> Iterator[SummaryPart]:
    headed = (
        (texts.summary, summary.about),
        (texts.agreed, summary.agreed),
        (texts.next_steps, summary.next_steps),
    )
    for heading, points in headed:
        if points:
            yield SummaryPart(heading, tuple(map(_timed, points)))


def _timed(point: Point) -> str:
    return point.text if point.second is None else f"{point.text} ({clock(point.second)})"


def _origin(summary: CallSummary, texts: Texts) -> str:
    return texts.summarized_by.format(model=summary.model, prompt=summary.prompt)


def _proposed(summary: CallSummary, texts: Texts) -> Iterator[ProposedTask]:
    for point in summary.next_steps[:MOST_TASKS]:
        title = texts.proposed.format(step=point.text)
        origin = texts.proposed_by.format(model=summary.model, prompt=summary.prompt)
        yield ProposedTask(shortened(title, LONGEST_TITLE), (_timed(point), origin))
