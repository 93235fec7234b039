"""What both of Twilio's engines share: errors, who is on a channel, and the transcript of sentences."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import structlog
from msgspec import Struct

from bridge.calls.transcripts.cleaning import language_name
from bridge.calls.transcripts.segments import Recorded, Role, Segment, Speaker, Transcript
from bridge.errors import (
    TranscriptError,
    TranscriptLost,
    TranscriptRefused,
    TranscriptUnavailable,
    TwilioError,
    TwilioRefused,
)
from bridge.language.phrase import phrase
from bridge.transcripts.transcriber import Progress
from bridge.twilio.transcripts.sentences import Sentence

CHANNELS = (1, 2)

MOST_STARTS = 3
"""Of one recording: each is paid for."""

LOST = "#"
"""Begins the word of a progress that counts what was lost."""

log = structlog.get_logger()


class Lost(Struct, frozen=True):
    """A progress in two parts: what is begun, and how many that were begun before it are lost.

    As text the count is the last word, `#2`; without one nothing was lost.
    """

    begun: str
    count: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads a progress."""
        begun, _, last = text.rpartition(" ")
        count = last.removeprefix(LOST)
        if last.startswith(LOST) and count.isascii() and count.isdecimal():
            return cls(begun, int(count))
        return cls(text, 0)

    def __str__(self) -> str:
        return f"{self.begun} {LOST}{self.count}".strip() if self.count else self.begun

    async def once_more(self, progress: Progress, reason: str, *, known: int = 0) -> TranscriptError:
        """The error where what was begun is lost: TranscriptLost, and TranscriptRefused after so many.

        `known` is how many Twilio knows of.
        """
        count = max(self.count + 1, known)
        if count < MOST_STARTS:
            return TranscriptLost(reason, progress=str(Lost("", self.count + 1)))
        await progress.save("")
        return TranscriptRefused(
            phrase("{reason}; it was started {count} times, and each costs", reason=reason, count=count)
        )


@contextmanager
def twilio_errors(*, again: Collection[int] = ()) -> Iterator[None]:
    """Raises TwilioError as an error of transcripts; refusals with a code in `again` can pass by themselves.

    Denied credentials are tried again, too: an operator mends them, and nothing is lost meanwhile.
    """
    try:
        yield
    except TwilioRefused as refused:
        reason = phrase(
            "Twilio refuses it: {message}", message=f"{refused} ({refused.number or refused.status})"
        )
        if refused.number in again:
            raise TranscriptUnavailable(reason) from refused
        raise TranscriptRefused(reason) from refused
    except TwilioError as error:
        raise TranscriptUnavailable(str(error)) from error


def transcript_of(
    recorded: Recorded, sentences: Sequence[Sentence], *, engine: str, language: str, model: str = ""
) -> Transcript:
    """The transcript that Twilio's sentences make, each said by who is on its channel."""
    segments = tuple(
        Segment(recorded.speaker(one.channel), one.start_seconds, one.end_seconds, one.text, one.confidence)
        for one in sentences
    )
    return Transcript(segments=segments, language=language_name(language), engine=engine, model=model)


def speakers_of(recorded: Recorded) -> Sequence[tuple[int, Speaker]]:
    """Who is on channel 1 and on channel 2: Twilio takes both, an agent and a customer.

    Where both channels have the same kind, or one has several, or there is one alone, the roles are nominal:
    who speaks in the transcript is said by `recorded`.
    """
    known = {one.number: one.speaker for one in recorded.channels}
    first, second = (known.get(number, Speaker(Role.SEVERAL)) for number in CHANNELS)
    agent_first = first.role is Role.AGENT and second.role is not Role.AGENT
    roles = (Role.AGENT, Role.CUSTOMER) if agent_first else (Role.CUSTOMER, Role.AGENT)
    return [(1, Speaker(roles[0], first.address)), (2, Speaker(roles[1], second.address))]


class ShapeLog:
    """Logs the shape of what Twilio sends once in the life of a process: names of fields, no content."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._has_logged = False

    def see(self, names: Sequence[str]) -> None:
        """Logs the first shape."""
        if not self._has_logged:
            self._has_logged = True
            log.info("transcript.shape", engine=self._engine, names=names)
