"""A model's answer → CallSummary. The answer is text for people: it is checked, cut and made plain.

What a model says can be a lie, or what a caller told it to say: a second that the call does not have is left
out, a number that was not heard is marked.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Struct
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bridge.calls.transcripts.cleaning import marked, numbers_in, plain
from bridge.calls.transcripts.summary import CallSummary, Point
from bridge.errors import SummaryFailed

ABOUT, AGREED, NEXT_STEPS = 3, 6, 6
"""How many points of each kind are shown."""
LONGEST_POINT = 400
"""Characters of a point."""


def _second(value: object) -> object:
    """A whole second, or None: a wrong one costs a point its time, and no more."""
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    return value if type(value) is int else None


class AnsweredPoint(BaseModel):
    """One sentence, with the second that its source in the transcript begins at."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: str
    second: Annotated[int | None, BeforeValidator(_second)]


class Answer(BaseModel):
    """The answer's shape, which the server is given as a JSON schema."""

    model_config = ConfigDict(extra="forbid", strict=True)
    about: list[AnsweredPoint] = Field(description="What the call was about: three sentences at most.")
    agreed: list[AnsweredPoint] = Field(description="What both sides agreed on; empty where nothing was.")
    next_steps: list[AnsweredPoint] = Field(
        description="What the company has to do next; empty where nothing is."
    )


SCHEMA: dict[str, Any] = Answer.model_json_schema()


class SpokenLine(Struct, frozen=True):
    """One line of what a model is given: who said what at which second of the call."""

    second: int
    speaker: str
    text: str


def summary_of(
    content: str, lines: Sequence[SpokenLine], *, ends_at: float, model: str, prompt: str
) -> CallSummary:
    """The summary that a model's answer holds; `lines` are what was said until `ends_at` (seconds).

    Raises SummaryFailed where it is not of the shape that was asked for, or has nothing readable.
    """
    try:
        answer = Answer.model_validate_json(content)
    except ValidationError as wrong:
        # Not its message: that quotes the answer.
        raise SummaryFailed(f"the answer is not of the shape asked for: {_kinds(wrong)}") from None
    heard = numbers_in(line.text for line in lines)

    def points(answered: Sequence[AnsweredPoint], most: int) -> tuple[Point, ...]:
        read = (Point(_text(one, heard), _within(one.second, ends_at)) for one in answered)
        return tuple(dict.fromkeys(point for point in read if point.text))[:most]

    about = points(answer.about, ABOUT)
    if not about:
        raise SummaryFailed("the answer says nothing about the call")
    return CallSummary(
        about=about,
        agreed=points(answer.agreed, AGREED),
        next_steps=points(answer.next_steps, NEXT_STEPS),
        model=plain(model, longest=100),
        prompt=prompt,
    )


def _text(answered: AnsweredPoint, heard: frozenset[str]) -> str:
    return marked(plain(answered.text, longest=LONGEST_POINT), heard)


def _within(second: int | None, ends_at: float) -> int | None:
    return second if second is not None and 0 <= second <= ends_at else None


def _kinds(wrong: ValidationError) -> str:
    return ", ".join(sorted({error["type"] for error in wrong.errors(include_input=False)}))
