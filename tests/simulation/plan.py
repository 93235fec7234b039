"""What happens in a simulation, and when: drawn from the seed, so that a step can be left out."""

from collections.abc import Callable, Iterator
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

    @property
    def waits_long(self) -> bool:
        """Whether a write that Twenty carries out late is waited for, or one that the bridge repeats."""
        late = any(name.startswith("late") for step in self.steps for name in step.what)
        return late or self.seed % 5 == 0

    def without(self, dropped: frozenset[int]) -> "Plan":
        """The plan without some steps, by their place."""
        kept = tuple(step for place, step in enumerate(self.steps) if place not in dropped)
        return replace(self, steps=kept)


def drawn(seed: int) -> Plan:
    """The plan of a seed. Fifteen of sixteen are small: many plans try more orders than long ones do."""
    chance = Random(f"plan of {seed}")
    if seed % SIZES == SIZES - 1:
        steps = [*_calls(chance), *_faults(chance), *_users(chance)]
    else:
        steps = _small(chance, _combination(seed))
    is_limited = COMBINATIONS[seed % len(COMBINATIONS)] is _over_the_limit
    return Plan(
        seed=seed,
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        shuffles=chance.random() < 0.7,
        duplicate=chance.choice([0, 0, 0.3]),
        delay=chance.choice([0, 0, 0.5, 3]),
        reorders=chance.random() < 0.4,
        per_minute=20 if is_limited else chance.choice([100, 100, 20]),
    )


SIZES = 16

Combination = Callable[[Random, float], Iterator[Step]]
"""Steps that begin at a time, in seconds."""


def _combination(seed: int) -> Combination:
    """One of them in turn; where it has variants, every other time one of those, in turn."""
    turn, place = divmod(seed, len(COMBINATIONS))
    variants = VARIANTS.get(COMBINATIONS[place])
    return variants[turn // 2 % len(variants)] if variants and turn % 2 else COMBINATIONS[place]


def _small(chance: Random, combination: Combination) -> list[Step]:
    """A combination, and often something that fails beside it."""
    at = round(chance.uniform(0.5, 3), 2)
    steps = list(combination(chance, at))
    last = max(step.at for step in steps if step.at < SPAN)
    if chance.random() < 0.4:
        steps.append(_fault(chance, round(chance.uniform(0, last + 3), 2)))
    if chance.random() < 0.15:
        steps.append(_call(chance, round(chance.uniform(0, last), 2), chance.choice(NUMBERS)))
    return steps


def _talk(at: float, number: str, seconds: int) -> Step:
    """A customer calls, and the agent answers: rings for 3 seconds, and goes on for some 3 and these."""
    return Step(at, "calls", {"number": number, "outcome": "answers", "talks": seconds})


def _message(at: float, number: str) -> Step:
    """A customer calls, and leaves a message: it begins after 25 seconds."""
    return Step(at, "calls", {"number": number, "outcome": "no answer", "talks": 28})


def _some_call(chance: Random, at: float) -> Step:
    return chance.choice([_talk(at, chance.choice(NUMBERS), chance.randint(1, 8)), _call(chance, at, JANE)])


def _soon(chance: Random, at: float, most: float = 9) -> float:
    return round(at + chance.uniform(0.05, most), 2)


def _slow(at: float, seconds: float = 12.0, *, slow: float = 0.5) -> Step:
    return Step(round(at, 2), "twenty", {"slow_seconds": slow, "seconds": seconds})


def _killed(chance: Random, at: float) -> Iterator[Step]:
    yield _some_call(chance, at)
    yield _slow(at, chance.choice([0.1, 12, 12]), slow=chance.choice([0.5, 1.5]))
    yield Step(_soon(chance, at), "kill", {"event": chance.randint(1, 20)})


def _stopped(chance: Random, at: float) -> Iterator[Step]:
    yield _some_call(chance, at)
    yield _slow(at, slow=chance.choice([0.5, 1.5]))
    yield Step(_soon(chance, at), "restart", {"event": chance.randint(1, 20)})


def _frozen(chance: Random, at: float) -> Iterator[Step]:
    yield _some_call(chance, at)
    yield _slow(at, slow=chance.choice([0.5, 1.5]))
    what = {"seconds": chance.choice([2.0, 20.0, 60.0]), "event": chance.randint(1, 20)}
    yield Step(_soon(chance, at), "freeze", what)


def _written_late(chance: Random, at: float) -> Iterator[Step]:
    """Twenty carries out a write late: after it said how the call stands, and after the next write."""
    talks = chance.randint(1, 8)
    yield _talk(at, chance.choice(NUMBERS), talks)
    what = {"late_writes_seconds": chance.choice([4.0, 15.0, 40.0]), "seconds": chance.choice([0.5, 1, 3])}
    begins = chance.choice([at + 0.1, at + 3.2, at + 6 + talks - 0.3])
    yield Step(_soon(chance, begins, 1), "twenty", what)


def _written_late_and_killed(chance: Random, at: float) -> Iterator[Step]:
    steps = list(_written_late(chance, at))
    yield from steps
    yield Step(_soon(chance, steps[-1].at, 12), "kill", {"event": chance.randint(1, 12)})


def _added_while_it_is_written(chance: Random, at: float) -> Iterator[Step]:
    """A stranger calls, Twenty is slow, and a user adds the person meanwhile."""
    yield _slow(at, slow=1.0)
    yield _talk(at, NEW, chance.randint(1, 5))
    yield Step(_soon(chance, at, 4), "adds person")


def _added_while_it_is_written_and_killed(chance: Random, at: float) -> Iterator[Step]:
    steps = list(_added_while_it_is_written(chance, at))
    yield from steps
    yield Step(round(steps[-1].at + 0.05, 2), "kill", {"event": chance.randint(6, 24)})


def _moved_while_it_is_written(chance: Random, at: float) -> Iterator[Step]:
    """A caller leaves a message; while a slow Twenty gets the recording, a user moves the call."""
    yield _message(at, chance.choice([JANE, OTHER]))
    yield Step(at + 26, "twenty", {"slow_seconds": 1.5, "seconds": 15.0})
    yield Step(_soon(chance, at + 26, 12), "moves call")


def _deleted_while_it_is_written(chance: Random, at: float) -> Iterator[Step]:
    """The same, and the user deletes the call."""
    yield _message(at, chance.choice([JANE, OTHER]))
    yield Step(at + 26, "twenty", {"slow_seconds": 1.5, "seconds": 15.0})
    yield Step(_soon(chance, at + 26, 12), "deletes call")


def _on_a_stalled_disk(chance: Random, at: float) -> Iterator[Step]:
    """Callbacks come while the disk stands still, possibly for longer than they can wait; or SIGTERM."""
    yield _talk(at, PAUL, 2)
    seconds = round(chance.choice([1, 4, 12]) * chance.uniform(0.5, 2), 2)
    # The agent answers after three seconds, the caller hangs up after eight.
    stands = round(chance.choice([at + chance.uniform(0, 8), at + 2.9, at + 7.9]), 2)
    yield Step(stands, "stalled disk", {"seconds": seconds})
    if chance.random() < 0.8:
        yield Step(_soon(chance, stands, min(seconds, 2)), "restart", {"event": 0})
    for _ in range(chance.choice([0, 2])):
        yield Step(_soon(chance, stands, seconds), "cancel", {"number": OTHER})


def _on_a_full_disk(chance: Random, at: float) -> Iterator[Step]:
    # So many that SQLite needs another page.
    for _ in range(3):
        yield _talk(_soon(chance, at, 4), chance.choice(NUMBERS), chance.randint(1, 8))
    yield Step(at, "full disk", {"seconds": chance.choice([5.0, 20.0, 30.0])})
    if chance.random() < 0.4:
        yield Step(_soon(chance, at), "kill", {"event": chance.randint(1, 20)})


def _over_the_limit(chance: Random, at: float) -> Iterator[Step]:
    for _ in range(chance.choice([1, 8])):
        yield _talk(_soon(chance, at, 0.5), chance.choice(NUMBERS), chance.randint(1, 8))
    # The agent answers after three seconds.
    begins = chance.choice([at, at + 2.5, at + 2.5])
    yield Step(round(begins, 2), "twenty", {"over_limit": True, "seconds": chance.choice([3.0, 10.0])})


def _forgotten_while_it_is_written(chance: Random, at: float) -> Iterator[Step]:
    """An operator erases a call that Twenty gets at that moment."""
    talks = chance.randint(1, 4)
    yield _talk(at, chance.choice(NUMBERS), talks)
    yield _slow(at + 6 + talks, 8)
    yield Step(_soon(chance, at + 6 + talks, 3), "forgets call")


def _purged(_chance: Random, at: float) -> Iterator[Step]:
    """A call becomes too old to be kept; then Twilio repeats a callback of it."""
    yield _talk(at, JANE, 1)
    yield Step(at + 60, "purge")
    yield Step(at + 90, "late callback")


def _lost_messages(chance: Random, at: float) -> Iterator[Step]:
    yield _some_call(chance, at)
    for sender, receiver in (("bridge", "twilio"), chance.choice(PAIRS), chance.choice(PAIRS)):
        what = {"sender": sender, "receiver": receiver, "does": chance.choice(["lost", "lost", "half"])}
        yield Step(_soon(chance, at), "tamper", what)


def _moved_unseen(chance: Random, at: float) -> Iterator[Step]:
    """A user moves a stranger's call, unheard by the bridge, and then adds a person of that number."""
    yield _talk(at, NEW, 1)
    yield Step(at + 11, "no webhooks", {"seconds": 2.0})
    yield Step(_soon(chance, at + 11, 1), "moves call")
    yield Step(_soon(chance, at + 13.5, 4), "adds person")


def _at_another_time(chance: Random, at: float) -> Iterator[Step]:
    """The clock is set; or the bridge hears nothing of a call, and has to ask Twilio."""
    yield _some_call(chance, at)
    if chance.random() < 0.6:
        yield Step(_soon(chance, at), "clock", {"seconds": chance.choice([-3600.0, -5.0, 5.0, 3600.0])})
    if chance.random() < 0.6:
        cut = {"between": "twilio bridge", "seconds": chance.choice([3.0, 30.0])}
        yield Step(_soon(chance, at), "cut", cut)


def _person_deleted(chance: Random, at: float) -> Iterator[Step]:
    # A user deletes the first person by id: that is Paul.
    yield _talk(at, PAUL, 1)
    yield _slow(at, chance.choice([0.1, 12]))
    yield Step(_soon(chance, at, 15), "deletes person")


def _twenty_is_away(chance: Random, at: float) -> Iterator[Step]:
    yield _some_call(chance, at)
    what = {**chance.choice(SWITCHES), "seconds": chance.choice([0.5, 3.0, 20.0])}
    yield Step(_soon(chance, at), "twenty", what)


COMBINATIONS: tuple[Combination, ...] = (
    _killed,
    _added_while_it_is_written,
    _written_late,
    _on_a_stalled_disk,
    _moved_while_it_is_written,
    _over_the_limit,
    _twenty_is_away,
    _forgotten_while_it_is_written,
    _stopped,
    _person_deleted,
    _lost_messages,
    _deleted_while_it_is_written,
    _purged,
    _on_a_full_disk,
    _at_another_time,
    _frozen,
    _written_late_and_killed,
    _moved_unseen,
    _added_while_it_is_written_and_killed,
)
"""What comes together too rarely by itself, in turn. Their number has no factor in common with `SIZES`."""


def _created_late_and_deleted(chance: Random, at: float) -> Iterator[Step]:
    """Twenty creates a call late; the bridge has written it again meanwhile, and a user deletes it."""
    yield _talk(at, chance.choice(NUMBERS), 1)
    yield Step(at, "twenty", {"late_writes_seconds": 40.0, "seconds": 3.0})
    yield Step(_soon(chance, at + 20, 10), "deletes call")


def _written_late_in_a_later_minute(chance: Random, at: float) -> Iterator[Step]:
    """That the agent answered is written late; a life writes known calls of its first minute twice anyway."""
    later = at + 62
    yield _talk(later, chance.choice(NUMBERS), chance.randint(3, 8))
    what = {"late_writes_seconds": chance.choice([15.0, 40.0]), "seconds": 2.0}
    yield Step(_soon(chance, later + 3.2, 1), "twenty", what)


def _one_of_two_people_deleted(chance: Random, at: float) -> Iterator[Step]:
    """Two people have the caller's number; a user deletes the first while a slow Twenty gets the call."""
    yield Step(0.1, "adds double")
    yield _talk(at, PAUL, chance.randint(8, 10))
    yield _slow(at, 14, slow=1.0)
    yield Step(_soon(chance, at + 5, 7), "deletes person")


def _person_of_a_new_call_deleted(chance: Random, at: float) -> Iterator[Step]:
    """The same, while Twenty gets the call for the first time; what it reports is mostly lost."""
    yield Step(0.1, "adds double")
    yield _slow(at, 14, slow=1.0)
    yield _talk(at, PAUL, chance.randint(8, 10))
    yield Step(_soon(chance, at, 2), "deletes person")
    if chance.random() < 0.75:
        yield Step(at, "no webhooks", {"seconds": 8.0})


def _deleted_unseen(chance: Random, at: float) -> Iterator[Step]:
    """Of two people with one number a user deletes the one who has a call, unheard by the bridge.

    Possibly they call again while the bridge remembers who has their number.
    """
    yield Step(0.1, "adds double")
    yield _talk(at, PAUL, 1)
    yield Step(at + 11, "no webhooks", {"seconds": 4.0})
    yield Step(_soon(chance, at + 11, 2), "deletes person")
    if chance.random() < 0.5:
        yield Step(_soon(chance, at + 15), "calls", {"number": PAUL, "outcome": "busy", "talks": 1})


def _one_of_many_deleted(chance: Random, at: float) -> Iterator[Step]:
    """A stranger calls often, a user deletes one of the calls, and then the person is added."""
    for _ in range(5):
        yield Step(_soon(chance, at, 2), "calls", {"number": NEW, "outcome": "busy", "talks": 1})
    yield Step(at + 15, "no webhooks", {"seconds": 3.0})
    yield Step(_soon(chance, at + 15, 2), "deletes call")
    yield Step(at + 20, "adds person")


VARIANTS: dict[Combination, tuple[Combination, ...]] = {
    _written_late: (_written_late_in_a_later_minute, _created_late_and_deleted),
    _person_deleted: (_one_of_two_people_deleted, _person_of_a_new_call_deleted),
    _deleted_while_it_is_written: (_one_of_many_deleted,),
    _moved_unseen: (_deleted_unseen,),
}


def _calls(chance: Random) -> Iterator[Step]:
    for _ in range(chance.choice([1, 2, 3, 4, 8])):
        yield _call(chance, round(chance.uniform(0, SPAN * 0.7), 1), chance.choice(NUMBERS))


def _call(chance: Random, at: float, number: str) -> Step:
    outcome = chance.choice(["answers", "answers", "answers", "busy", "no answer"])
    story = {"number": number, "outcome": outcome, "talks": chance.randint(1, 20)}
    return Step(at, chance.choice(["calls", "calls", "is called"]), story)


def _faults(chance: Random) -> Iterator[Step]:
    for _ in range(chance.choice([0, 1, 2, 3, 4, 6])):
        yield _fault(chance, round(chance.uniform(0, SPAN), 2))


def _fault(chance: Random, at: float) -> Step:
    seconds = round(chance.choice([0.05, 2, 20]) * chance.uniform(0.5, 2), 2)
    sender, receiver = chance.choice(PAIRS)
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


PAIRS = (
    ("twilio", "bridge"),
    ("bridge", "twilio"),
    ("twenty", "bridge"),
    ("bridge", "twenty"),
    ("twenty", "bridge"),
    ("bridge", "twilio"),
)
"""Who sends to whom; answers are lost more often than requests."""

SWITCHES: tuple[dict[str, Any], ...] = (
    {"down": True},
    {"status": 502},
    {"late_seconds": 5.0},
    {"late_seconds": 40.0},
    {"late_writes_seconds": 15.0},
    {"slow_seconds": 3.0},
    {"cut": True},
    {"over_limit": True},
    {"garbage": "{"},
)
"""What a Twenty does that is not well; `late_…`: it commits, later, and does not answer."""


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
                Step(at, "forgets call"),
            ]
        )


def warm_up() -> Plan:
    """A plan that uses most of the bridge, so that caches are filled before processes are forked."""
    story = {"number": JANE, "outcome": "answers", "talks": 5}
    steps = (Step(1.0, "calls", story), Step(2.0, "is called", story))
    return Plan(-1, steps, shuffles=False, duplicate=0, delay=0, reorders=False)
