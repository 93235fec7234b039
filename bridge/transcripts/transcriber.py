"""The seam between jobs and engines: `Transcriber`."""

from typing import Protocol

from msgspec import Struct

from bridge.calls.transcripts.segments import Recorded, Transcript


class Waiting(Struct, frozen=True):
    """The engine works on it elsewhere: it is to be asked again in so many seconds."""

    seconds: float


class Progress(Protocol):
    """How far an engine came with a recording, in words of its own; stored beside the job."""

    @property
    def text(self) -> str:
        """As it was saved last, by this process or another one; "" at the beginning."""

    async def save(self, text: str, *, is_piece: bool = False) -> None:
        """Stores it; returns once it is on the disk. After `is_piece` failures are counted anew.

        Raises InboxUnavailable, and TranscriptTaken where another process has the job meanwhile.
        """


class Transcriber(Protocol):
    """An engine. Each method can be called again for a recording after a crash in its middle.

    Raises TranscriptUnavailable to be tried again later; TranscriptRefused where another attempt cannot do
    better, which parks the job; and TranscriptLost where the engine has to start anew, which costs again: the
    job has the error's progress then, and it starts within the day's budget.
    """

    @property
    def engine(self) -> str:
        """Its name in `transcripts.engine`."""

    async def transcribe(self, recorded: Recorded, progress: Progress) -> Transcript | Waiting:
        """The transcript, its seconds from the recording's start; or Waiting.

        What is paid for once and found again is saved in `progress` as soon as it is known.
        """

    def remainder(self, progress: str) -> str:
        """What of the progress `erase` needs once the transcript is stored; "" for nothing."""

    async def erase(self, remainder: str) -> None:
        """Deletes what the engine keeps elsewhere of a recording; gone already is success."""
