"""The people of a scenario: what somebody who is rung does, and what the one who called does."""

from dataclasses import dataclass, replace
from typing import Literal, Self

FOR_EVER = 1e9
Outcome = Literal["answered", "busy", "no-answer", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """What somebody who is rung does; times are virtual seconds.

    `after` counts from the start of the ringing, `talks` from the answer; `talks=None` holds the line
    until somebody else ends the call. `rings_after` counts from the dialling, as in the recorded calls. A
    party `is_live` whose device is connected: what it does comes from there. `early_media`: the caller hears
    the ringing from the callee's end, not a tone of its own.
    """

    outcome: Outcome = "no-answer"
    after: float | None = None
    talks: float | None = None
    rings: bool = True
    sip: int = 487
    is_machine: bool = False
    says: str = ""
    speaks: float = 0.0
    rings_after: float = 1
    is_live: bool = False
    early_media: bool = False

    @classmethod
    def live(cls) -> Self:
        """A browser or a telephone that is connected."""
        return cls(rings_after=0, is_live=True)

    def answering(self, *, after: float) -> Self:
        """The same one, who answers so many seconds after it began to ring."""
        return replace(self, outcome="answered", after=max(0.0, after), sip=200)

    def rejecting(self, *, after: float) -> Self:
        """The same one, who declines so many seconds after it began to ring."""
        return replace(self, outcome="busy", after=max(0.0, after), sip=603)

    @classmethod
    def answers(
        cls,
        *,
        after: float = 3,
        talks: float | None = 60,
        says: str = "",
        speaks: float | None = None,
        early_media: bool = False,
    ) -> Self:
        """Picks up, talks, hangs up; what it `says` is what a `<Record>` that hears it gets."""
        length = speech_seconds(says) if speaks is None else speaks
        answered = cls(outcome="answered", after=after, talks=talks, sip=200, says=says, speaks=length)
        return replace(answered, early_media=early_media)

    @classmethod
    def machine(cls, *, after: float = 12, talks: float | None = 20) -> Self:
        """An answering machine picks up; only machine detection tells it from a person."""
        return cls(outcome="answered", after=after, talks=talks, sip=200, is_machine=True)

    @classmethod
    def busy(cls, *, after: float = 1) -> Self:
        """Talks to somebody else."""
        return cls(outcome="busy", after=after, sip=486)

    @classmethod
    def rejects(cls, *, after: float = 2) -> Self:
        """Declines while it rings; Twilio reports that as busy."""
        return cls(outcome="busy", after=after, sip=603)

    @classmethod
    def no_answer(cls) -> Self:
        """Lets it ring."""
        return cls()

    @classmethod
    def failed(cls, *, sip: int = 503) -> Self:
        """The carrier cannot put the call through."""
        return cls(outcome="failed", after=0, rings=False, sip=sip)

    @classmethod
    def unreachable(cls) -> Self:
        """A browser that is not registered, a handset that is off: no answer, without ringing."""
        return cls(outcome="no-answer", after=1, rings=False, sip=480)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What the one who called does; `hangs_up_after` counts from the start of the call.

    A caller who `says` something leaves it in the first `<Record>`, then presses `presses` or hangs up.
    """

    hangs_up_after: float | None = None
    says: str = ""
    speaks: float = 0.0
    presses: str = ""
    is_live: bool = False

    @classmethod
    def live(cls) -> Self:
        """A browser or a telephone that is connected; it speaks until it hangs up."""
        return cls(says="A message that was spoken.", speaks=FOR_EVER, is_live=True)


def speech_seconds(text: str) -> float:
    """How long it takes to say a text: 150 words a minute, and at least a second."""
    return float(max(1, round(len(text.split()) * 0.4))) if text else 0.0
