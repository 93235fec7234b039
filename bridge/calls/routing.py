"""Who rings: hours, owner first, ring groups, a number, voicemail. Decided from what is given, and only that.

A step's number is all that has to be remembered between two requests of one call, and it stands in the
signed URL of the first: so any replica can decide the next.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.calls.lines import Group, Line, Message, Number, Owner, Voicemail

MOST_LEGS = 10
"""What Twilio rings at once. https://www.twilio.com/docs/voice/twiml/dial"""


@dataclass(frozen=True, slots=True)
class Ring:
    """Rings agents at once."""

    step: int
    identities: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Rings a telephone number."""

    step: int
    number: str
    seconds: int


Decision = Ring | Forward | Voicemail | Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """Which agent is reached how, at the moment.

    `identities` has those of agents as configured; `owners` look after the caller, the first one first.
    """

    identities: Mapping[str, str] = field(default_factory=dict)
    owners: Sequence[str] = ()
    in_call: Callable[[str], bool] = lambda _: False

    def free(self, identities: Collection[str]) -> tuple[str, ...]:
        """Those who are in no call, each once, no more than Twilio rings."""
        return tuple(i for i in dict.fromkeys(identities) if not self.in_call(i))[:MOST_LEGS]

    def of(self, agents: Collection[str]) -> list[str]:
        """The identities of agents as configured."""
        return [self.identities.get(agent, agent) for agent in agents]


def begin(line: Line, phones: Phones, *, now: datetime) -> Decision:
    """What a call begins with."""
    if line.hours and not line.hours.is_open(now):
        return line.when_closed
    return go_on(line, 0, phones)


def go_on(line: Line, step: int, phones: Phones) -> Decision:
    """What comes now that the steps before this one are done.

    A call that came in time goes on after hours.
    """
    for number, wanted in list(enumerate(line.steps))[step:]:
        match wanted:
            case Message():
                return wanted
            case Number():
                return Forward(number, wanted.number, wanted.seconds)
            case Owner() if free := phones.free(phones.owners)[:1]:
                return Ring(number, free, wanted.seconds)
            case Group() if free := phones.free(phones.of(wanted.agents)):
                return Ring(number, free, wanted.seconds)
    return line.at_last
