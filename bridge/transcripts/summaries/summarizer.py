"""Asks a model for a call's summary, at once or part by part."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from bridge.calls.transcripts.cleaning import UNHEARD
from bridge.calls.transcripts.dialogue import dialogue
from bridge.calls.transcripts.segments import Role, Speaker, Transcript
from bridge.calls.transcripts.summary import CallSummary
from bridge.errors import SummaryFailed
from bridge.transcripts.summaries.answer import SpokenLine, summary_of
from bridge.transcripts.summaries.chat import ChatModel
from bridge.transcripts.summaries.prompt import LONGEST, MOST_PARTS, VERSION, parts_of, request

LONGEST_LINE = 4_000

ROLES = {Role.CUSTOMER: "customer", Role.AGENT: "agent", Role.SEVERAL: "unknown"}


class Summarizer:
    """Summarises calls in one language (a BCP 47 tag)."""

    def __init__(self, chat: ChatModel, *, language: str) -> None:
        self._chat = chat
        self._language = language

    async def summarize(self, transcript: Transcript) -> CallSummary:
        """The summary of a call; a long call's is made of those of its parts.

        Raises SummaryUnavailable and SummaryFailed.
        """
        lines = list(lines_of(transcript))
        if not lines:
            raise SummaryFailed("the transcript has no words")
        ends_at = max(segment.end_seconds for segment in transcript.segments)
        parts = list(islice(parts_of(lines), MOST_PARTS + 1))
        if len(parts) > MOST_PARTS:
            raise SummaryFailed(f"the transcript is longer than {MOST_PARTS * LONGEST} characters")
        made = [await self._ask(part, lines, ends_at) for part in parts]
        if len(made) == 1:
            return made[0]
        return await self._ask(
            [line for one in made for line in _as_lines(one)], lines, ends_at, of_parts=True
        )

    async def _ask(
        self,
        part: Sequence[SpokenLine],
        lines: Sequence[SpokenLine],
        ends_at: float,
        *,
        of_parts: bool = False,
    ) -> CallSummary:
        model = self._chat.model
        body = request(part, model=model, language=self._language, of_parts=of_parts)
        content = await self._chat.ask(body)
        return summary_of(content, lines, ends_at=ends_at, model=model, prompt=VERSION)


def lines_of(transcript: Transcript) -> Iterator[SpokenLine]:
    """What a model is given of a transcript: roles only, since it needs neither names nor numbers."""
    name = _names(transcript.speakers)
    for one in dialogue(transcript):
        for first in range(0, len(one.text), LONGEST_LINE):
            text = one.text[first : first + LONGEST_LINE]
            yield SpokenLine(int(one.start_seconds), name(one.speaker), text)


def _names(speakers: Sequence[Speaker]) -> Callable[[Speaker], str]:
    """`customer`, `agent`; with several agents `agent 1`, `agent 2`."""
    alike = {role: [one for one in speakers if one.role is role] for role in Role}

    def name(speaker: Speaker) -> str:
        others = alike[speaker.role]
        known = ROLES[speaker.role]
        return f"{known} {others.index(speaker) + 1}" if len(others) > 1 else known

    return name


def _as_lines(summary: CallSummary) -> Iterator[SpokenLine]:
    for point in summary.points:
        yield SpokenLine(point.second or 0, "summary", point.text.replace(UNHEARD, ""))
