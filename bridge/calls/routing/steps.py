"""Who rings: hours, owner first, ring groups, a number, voicemail. Decided from what is given, and only that.

A step's number is all that has to be remembered between two requests of one call, and it stands in the
signed URL of the first: so any replica can decide the next.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest

from bridge.calls.dialling.admission import Admitted
from bridge.calls.routing.lines import Group, Line, Message, Owner, Telephone, Voicemail

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
    number: Admitted
    seconds: int


Decision = Ring | Forward | Voicemail | Message


Identities = tuple[str, ...]
"""Those that one agent may be reached under, the likeliest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """Which agent is reached how, at the moment.

    `identities` has those of agents as configured; `owners` look after the caller, the first one first.
    `forward` admits a number of the settings, or gives None for one that is not dialled now.
    """

    identities: Mapping[str, Identities] = field(default_factory=dict)
    owners: Sequence[Identities] = ()
    in_call: Callable[[str], bool] = lambda _: False
    declined: Callable[[str], bool] = lambda _: False
    available: Callable[[Identities], bool] = lambda _: True
    forward: Callable[[str], Admitted | None] = lambda _: None

    def free(self, agents: Iterable[Identities]) -> list[Identities]:
        """Those who take calls, are in none and did not decline this one, under any of their identities."""
        return [
            identities
            for identities in agents
            if not any(map(self.in_call, identities))
            and not any(map(self.declined, identities))
            and self.available(identities)
        ]

    def of(self, agents: Iterable[str]) -> list[Identities]:
        """The identities of agents as configured."""
        return [self.identities.get(agent, (agent,)) for agent in agents]


def legs(agents: Sequence[Identities]) -> tuple[str, ...]:
    """Whom to ring: everybody once, then under their other identities, as many as Twilio rings."""
    in_turn = (identity for turn in zip_longest(*agents) for identity in turn if identity)
    return tuple(dict.fromkeys(in_turn))[:MOST_LEGS]


def begin(line: Line, phones: Phones, *, now: datetime) -> Decision:
    """What a call begins with."""
    return go_on(line, 0, phones) if is_open(line, now) else line.when_closed


def is_open(line: Line, now: datetime) -> bool:
    """Whether a call that comes in now is rung for."""
    return line.hours is None or line.hours.is_open(now)


def rings_agents(line: Line, step: int = 0) -> bool:
    """Whether any step from this one on rings agents, so that it matters who calls, and who is free."""
    return any(isinstance(wanted, Owner | Group) for wanted in line.steps[step:])


def spoken_since(line: Line, now: datetime) -> datetime | None:
    """How long ago an agent must have spoken with a caller to ring first; None where no step asks for it."""
    wanted = line.owner_days > 0 and any(isinstance(step, Owner) for step in line.steps)
    return now - timedelta(days=line.owner_days) if wanted else None


def go_on(line: Line, step: int, phones: Phones) -> Decision:
    """What comes now that the steps before this one are done.

    A call that came in time goes on after hours.
    """
    for number, wanted in list(enumerate(line.steps))[step:]:
        match wanted:
            case Message():
                return wanted
            case Telephone() if admitted := phones.forward(wanted.number):
                return Forward(number, admitted, wanted.seconds)
            case Owner() if free := phones.free(phones.owners):
                return Ring(number, legs(free[:1]), wanted.seconds)
            case Group() if free := phones.free(phones.of(wanted.agents)):
                return Ring(number, legs(free), wanted.seconds)
    return line.at_last
