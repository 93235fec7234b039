"""How webhooks are delivered, and what goes wrong with them: all drawn from one seed."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """How webhooks are delivered.

    `duplicate`, `drop` and `bad_signature` are probabilities; `delay` is the most (real) seconds that a
    callback is late by; `retry_pause` the (real) seconds between two tries. Requests that wait for TwiML
    are never shuffled, duplicated, dropped or delayed: the call could not go on.
    """

    seed: int = 0
    shuffle: bool = False
    duplicate: float = 0.0
    drop: float = 0.0
    delay: float = 0.0
    bad_signature: float = 0.0
    chunked: bool = False
    retry_pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one delivery."""

    copies: int = 1
    delay: float = 0.0
    bad_signature: bool = False


class Faults:
    """The fates of one call's deliveries: the same for the same seed and number of the call."""

    def __init__(self, delivery: Delivery, call_number: int) -> None:
        self._delivery = delivery
        self._random = random.Random(f"{delivery.seed}:{call_number}")

    def draw(self) -> Fate:
        """What happens to the next callback."""
        chance, asked = self._random.random, self._delivery
        copies = 0 if chance() < asked.drop else 2 if chance() < asked.duplicate else 1
        return Fate(copies, asked.delay * chance(), chance() < asked.bad_signature)

    def draw_signature(self) -> bool:
        """Whether the next request for TwiML is wrongly signed."""
        return self._random.random() < self._delivery.bad_signature

    def overtaken(self) -> bool:
        """Whether the next callback is overtaken by a later one."""
        return self._delivery.shuffle and self._random.random() < 0.5

    def pick(self, waiting: int) -> int:
        """Which of the waiting callbacks goes next."""
        return self._random.randrange(waiting)
