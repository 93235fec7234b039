"""Who says what, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SPEAKERS_SECONDS_A_WORD = 0.4


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance; `channel` counts from 1, `at` is seconds from the recording's start."""

    channel: int
    at: float
    text: str

    @property
    def until(self) -> float:
        """When it is over, at 150 words a minute."""
        return self.at + max(1, len(self.text.split())) * SPEAKERS_SECONDS_A_WORD


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a recording holds: its lines, or `media`, a whole WAV file, instead.

    `spoken`: by espeak-ng where that is on PATH, in the voice of `language`; as tones otherwise.
    """

    lines: Sequence[Said] = ()
    media: bytes | None = None
    spoken: bool = False
    language: str = "en-US"

    def until(self, seconds: float) -> Sequence[Said]:
        """The lines that begin within so many seconds, in their order."""
        return sorted((one for one in self.lines if one.at < seconds), key=lambda one: one.at)


def conversation_of(script: dict[str, Any]) -> Conversation:
    """From `{"lines": [{"channel": 1, "at": 0.5, "text": "Hello"}], "spoken": false, "language": "en-US"}`.

    Raises TypeError for unknown members.
    """
    members = dict(script)
    lines = [Said(**line) for line in members.pop("lines", [])]
    return Conversation(lines=lines, **members)
