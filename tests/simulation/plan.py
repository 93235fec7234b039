"""What happens in a simulation, and when: drawn from the seed, so that a step can be left out."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

JANE, PAUL, NEW, OTHER = "+14155550101", "+14155550102", "+14155550103", "+14155550104"
"""Two whom Twenty knows from the start, one whom a user adds meanwhile, one who is in no Twenty."""

NUMBERS = (JANE, PAUL, NEW, OTHER)

SPAN = 90.0
"""Seconds within which everything begins."""


@dataclass(frozen=True)
class Step:
    """One thing that happens, at a time in seconds since the bridge is up."""

    at: float
    does: str
    what: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        details = ", ".join(f"{name} {value}" for name, value in self.what.items())
        return f"{self.does}{f' ({details})' if details else ''}"


@dataclass(frozen=True)
class Plan:
    """The steps in their order, and how Twilio delivers meanwhile."""

    seed: int
    steps: tuple[Step, ...]
    shuffles: bool
    duplicate: float
    delay: float
    reorders: bool
    per_minute: int = 100
    """Root fields that the bridge can ask Twenty for."""

    def without(self, dropped: frozenset[int]) -> "Plan":
        """The plan without some steps, by their place."""
        kept = tuple(step for place, step in enumerate(self.steps) if place not in dropped)
        return replace(self, steps=kept)


def drawn(seed: int) -> Plan:
    """The plan of a seed."""
    chance = Random(f"plan of {seed}")
    steps = [*_calls(chance), *_faults(chance), *_users(chance)]
    if seed % 4 == 3:
        steps += _added_while_it_is_written(chance)
    steps += _rare(seed, Random(f"rare of {seed}"))
    return Plan(
        seed=seed,
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        shuffles=chance.random() < 0.7,
        duplicate=chance.choice([0, 0, 0.3]),
        delay=chance.choice([0, 0.5, 20]),
        reorders=chance.random() < 0.4,
        per_minute=chance.choice([100, 100, 20]),
    )


def _added_while_it_is_written(chance: Random) -> Iterator[Step]:
    """A stranger calls, Twenty is slow, and a user adds the person meanwhile."""
    at = round(chance.uniform(1, SPAN / 2), 2)
    yield Step(at, "twenty", {"slow_seconds": 0.3, "seconds": 10.0})
    yield Step(at + 0.1, "calls", {"number": NEW, "outcome": "answers", "talks": 5})
    yield Step(round(at + chance.uniform(0.2, 4), 2), "adds person")


def _rare(seed: int, chance: Random) -> list[Step]:
    """What comes together too rarely by itself, in one seed of four."""
    match seed % 16:
        case 5:
            return list(_written_late(chance))
        case 13:
            steps = list(_written_late(chance))
            return [*steps, Step(round(steps[0].at + chance.uniform(20, 60), 2), "kill", {"event": 5})]
        case 1:
            return list(_moved_while_it_is_written(chance))
        case 9:
            return list(_on_a_stalled_disk(chance))
    return []


def _written_late(chance: Random) -> Iterator[Step]:
    """Twenty carries out a write when the call has gone on, possibly after the next write."""
    at = round(chance.uniform(1, SPAN / 2), 2)
    yield Step(at, "calls", {"number": JANE, "outcome": "answers", "talks": chance.randint(5, 25)})
    seconds = round(chance.uniform(2, 25), 2)
    yield Step(round(at + chance.uniform(0.1, 6), 2), "twenty", {"late_seconds": 40.0, "seconds": seconds})


def _moved_while_it_is_written(chance: Random) -> Iterator[Step]:
    """A caller leaves a message; while a slow Twenty gets the recording, a user moves the call."""
    at = round(chance.uniform(1, SPAN / 2), 2)
    yield Step(at, "calls", {"number": JANE, "outcome": "no answer", "talks": 40})
    yield Step(at + 40, "twenty", {"slow_seconds": 3.0, "seconds": 25.0})
    yield Step(round(at + chance.uniform(44, 56), 2), "moves call")


def _on_a_stalled_disk(chance: Random) -> Iterator[Step]:
    """Callbacks come while the disk stands still for longer than they can wait."""
    at = round(chance.uniform(1, SPAN / 2), 2)
    yield Step(at, "calls", {"number": PAUL, "outcome": "answers", "talks": 5})
    seconds = round(chance.uniform(5, 25), 2)
    yield Step(round(at + chance.uniform(0, 5), 2), "stalled disk", {"seconds": seconds})


def _calls(chance: Random) -> Iterator[Step]:
    for _ in range(chance.choice([1, 2, 3, 4, 8])):
        at, number = round(chance.uniform(0, SPAN * 0.7), 1), chance.choice(NUMBERS)
        outcome = chance.choice(["answers", "answers", "answers", "busy", "no answer"])
        story = {"number": number, "outcome": outcome, "talks": chance.randint(1, 40)}
        yield Step(at, chance.choice(["calls", "calls", "is called"]), story)


def _faults(chance: Random) -> Iterator[Step]:
    for _ in range(chance.choice([0, 1, 2, 3, 4, 6])):
        yield _fault(chance, round(chance.uniform(0, SPAN), 2))


def _fault(chance: Random, at: float) -> Step:
    seconds = round(chance.choice([0.05, 2, 20]) * chance.uniform(0.5, 2), 2)
    pairs = [("twilio", "bridge"), ("bridge", "twilio"), ("twenty", "bridge"), ("bridge", "twenty")]
    sender, receiver = chance.choice([*pairs, ("twenty", "bridge"), ("bridge", "twilio")])
    switch, event = chance.choice(SWITCHES), chance.randint(1, 30)
    options = [
        Step(at, "kill", {"event": event}),
        Step(at, "kill", {"event": event}),
        Step(at, "restart", {"event": event}),
        Step(at, "freeze", {"seconds": chance.choice([seconds, 60.0]), "event": event}),
        Step(at, "cut", {"between": f"{sender} {receiver}", "seconds": seconds}),
        Step(at, "tamper", {"sender": sender, "receiver": receiver, "does": chance.choice(["lost", "half"])}),
        Step(at, "tamper", {"sender": "twenty", "receiver": "bridge", "does": "lost"}),
        Step(at, "full disk", {"seconds": seconds}),
        Step(at, "clock", {"seconds": chance.choice([-3600.0, -5.0, 5.0, 3600.0])}),
        Step(at, "twenty", {**switch, "seconds": seconds}),
        Step(at, "twenty", {**switch, "seconds": seconds}),
        Step(at, "cancel", {"number": chance.choice(NUMBERS)}),
    ]
    return chance.choice(options)


SWITCHES: tuple[dict[str, Any], ...] = (
    {"down": True},
    {"status": 502},
    {"late_seconds": 5.0},
    {"late_seconds": 40.0},
    {"slow_seconds": 3.0},
    {"cut": True},
    {"over_limit": True},
    {"garbage": "{"},
)
"""What a Twenty does that is not well; `late_seconds`: it commits, later, and does not answer."""


def _users(chance: Random) -> Iterator[Step]:
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        at = round(chance.uniform(10, SPAN + 30), 2)
        yield chance.choice(
            [
                Step(at, "adds person"),
                Step(at, "adds person"),
                Step(at, "moves call"),
                Step(at, "deletes call"),
                Step(at, "deletes person"),
            ]
        )
    if chance.random() < 0.15:
        yield Step(SPAN + 120, "purge")
        yield Step(SPAN + 160, "late callback")


def warm_up() -> Plan:
    """A plan that uses most of the bridge, so that caches are filled before processes are forked."""
    story = {"number": JANE, "outcome": "answers", "talks": 5}
    steps = (Step(1.0, "calls", story), Step(2.0, "is called", story))
    return Plan(-1, steps, shuffles=False, duplicate=0, delay=0, reorders=False)
