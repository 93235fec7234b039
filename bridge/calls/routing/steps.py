"""Which agents or numbers ring: hours, owner first, ring groups, a number, voicemail. Pure functions.

Between two requests of one call the only state is the step's number. It is in the signed URL of the Dial's
action, so any replica can decide the next step.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from msgspec import Struct, field

from bridge.calls.dialling.admission import Admitted
from bridge.calls.routing.lines import Group, Line, Message, Owner, Telephone, Voicemail

MOST_LEGS = 10
"""The most legs that Twilio rings at the same time. https://www.twilio.com/docs/voice/twiml/dial"""


class Ring(Struct, frozen=True):
    """Rings agents at the same time, for `seconds`."""

    step: int
    identities: tuple[str, ...]
    seconds: int


class Forward(Struct, frozen=True):
    """Rings a telephone number for `seconds`."""

    step: int
    number: Admitted
    seconds: int


Decision = Ring | Forward | Voicemail | Message


Identities = tuple[str, ...]
"""The identities of one agent, the most likely one first."""


class Phones(Struct, frozen=True, kw_only=True):
    """Which agents can be rung now.

    `identities` maps agents as configured to their identities. `owners` are the agents who own the company
    of the caller or spoke with the caller last, in this order. `forward` admits a number of the settings, or
    returns None where it must not be dialled now.
    """

    identities: Mapping[str, Identities] = field(default_factory=dict)
    owners: Sequence[Identities] = ()
    in_call: Callable[[str], bool] = lambda _: False
    declined: Callable[[str], bool] = lambda _: False
    available: Callable[[Identities], bool] = lambda _: True
    forward: Callable[[str], Admitted | None] = lambda _: None

    def free(self, agents: Iterable[Identities]) -> list[Identities]:
        """The agents who are available, in no other call and did not decline this one."""
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
    """The identities to ring: the first of each agent, then their other ones, MOST_LEGS at most."""
    in_turn = (identity for turn in zip_longest(*agents) for identity in turn if identity)
    return tuple(dict.fromkeys(in_turn))[:MOST_LEGS]


def begin(line: Line, phones: Phones, *, now: datetime) -> Decision:
    """The first decision for a call."""
    return go_on(line, 0, phones) if is_open(line, now) else line.when_closed


def is_open(line: Line, now: datetime) -> bool:
    """Whether the line is open, so that an inbound call rings."""
    return line.hours is None or line.hours.is_open(now)


def rings_agents(line: Line, step: int = 0) -> bool:
    """Whether any step from this one on rings agents; if not, the caller and the agents are not looked up."""
    return any(isinstance(wanted, Owner | Group) for wanted in line.steps[step:])


def spoken_since(line: Line, now: datetime) -> datetime | None:
    """The earliest time of a talk that makes an agent ring first; None where no step needs it."""
    wanted = line.owner_days > 0 and any(isinstance(step, Owner) for step in line.steps)
    return now - timedelta(days=line.owner_days) if wanted else None


def go_on(line: Line, step: int, phones: Phones) -> Decision:
    """The decision at `step`, or at the first step after it that can ring.

    A call that began in opening hours continues after them.
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
