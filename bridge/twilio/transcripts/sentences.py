"""Sentences of Twilio's transcripts, of either product; read leniently, as not all shapes are documented.

https://www.twilio.com/docs/voice/transcription/batch-transcriptions
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

CHANNELS = ("audioChannelIndex", "media_channel", "channel")
TEXTS = ("text", "transcript")
STARTS = ("startTimeSeconds", "start_time", "startTime")
ENDS = ("endTimeSeconds", "end_time", "endTime")
INDEXES = ("sentenceIndex", "sentence_index")
NESTED = ("transcription", "transcript")
MOST_NAMES, LONGEST_NAME = 30, 40
LONGEST_SECONDS = 24 * 3600.0


class Sentence(Struct, frozen=True):
    """One sentence; `channel` is 1 or 2, times are seconds from the recording's start."""

    channel: int
    start_seconds: float
    end_seconds: float
    text: str
    confidence: float | None


class BatchResult(Struct, frozen=True):
    """What a webhook of batch transcription brought; `status` is in upper case, "" where it has none.

    `shape` has the names of its fields and of a sentence's, `sentences` is None where they cannot be read.
    """

    status: str
    language: str
    model: str
    sentences: Sequence[Sentence] | None
    shape: Sequence[str]

    @property
    def has_failed(self) -> bool:
        """Whether Twilio says that there is no transcript."""
        return self.status in {"FAILED", "CANCELED", "CANCELLED", "ERROR"}


def batch_result(body: str) -> BatchResult:
    """Reads the body of a webhook, a JSON object; raises nothing."""
    fields = json.loads(body)
    inner = next((one for name in NESTED if isinstance(one := fields.get(name), dict)), {})
    listed = fields.get("sentences", inner.get("sentences"))
    known = fields.get("resolvedConfiguration", inner.get("resolvedConfiguration"))
    configuration = known if isinstance(known, dict) else {}
    return BatchResult(
        status=_text(fields.get("status", inner.get("status"))).upper(),
        language=_text(configuration.get("language", fields.get("languageCode"))),
        model=_text(configuration.get("speechModel")),
        # A recording without speech can come without the list.
        sentences=[] if listed is None else read_sentences(listed),
        shape=shape_of(fields, listed),
    )


def read_sentences(listed: object) -> Sequence[Sentence] | None:
    """Sentences in order of time; those without a text are left out. None where none can be read."""
    if not isinstance(listed, list):
        return None
    rows = [one for one in listed if isinstance(one, dict) and _plain(_first(one, TEXTS))]
    if listed and not rows:
        return None
    return list(_timed(rows))


def shape_of(fields: Mapping[str, Any], listed: object) -> Sequence[str]:
    """The names of fields, and of a sentence's as `sentences.…`: a shape without content."""
    first = listed[0] if isinstance(listed, list) and listed else {}
    of_sentence = names_of(first) if isinstance(first, dict) else [type(first).__name__]
    return [*names_of(fields), *(f"sentences.{name}" for name in of_sentence)]


def names_of(fields: Mapping[str, Any]) -> Sequence[str]:
    """The names of fields for a log: so many, each so long."""
    return [name[:LONGEST_NAME] for name in sorted(fields)[:MOST_NAMES]]


def _timed(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sentence]:
    """In order of time, then of index; a sentence without an end lasts until the next one begins."""
    started = list(zip(_starts(rows), rows, strict=True))
    started.sort(key=lambda one: (one[0], _number(_first(one[1], INDEXES)) or 0.0))
    followings = [start for start, _ in started[1:]]
    for (start, row), following in zip(started, [*followings, 0.0], strict=False):
        end = _seconds(_first(row, ENDS))
        yield Sentence(
            channel=2 if _number(_first(row, CHANNELS)) == 2 else 1,
            start_seconds=start,
            end_seconds=max(start, following if end is None else end),
            text=_plain(_first(row, TEXTS)),
            confidence=_share(row.get("confidence")),
        )


def _starts(rows: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    """When each begins; one without a time begins with the one before."""
    start = 0.0
    for row in rows:
        known = _seconds(_first(row, STARTS))
        start = start if known is None else known
        yield start


def _first(row: Mapping[str, Any], names: Sequence[str]) -> object:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _number(value: object) -> float | None:
    """A number, also one that is written as a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _seconds(value: object) -> float | None:
    number = _number(value)
    return None if number is None else min(max(0.0, number), LONGEST_SECONDS)


def _share(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _plain(value: object) -> str:
    """In one line, and without what no database takes: NUL, and halves of surrogate pairs."""
    text = _text(value).replace("\0", "").encode("utf-8", "ignore").decode()
    return " ".join(text.split())
