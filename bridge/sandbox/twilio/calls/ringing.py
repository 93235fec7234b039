"""When who rings, answers or gives up: planned from the scripts alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.sandbox.twilio.parties import Party

_RANK = {"initiated": 0, "ringing": 1, "in-progress": 2}


@dataclass(frozen=True, slots=True)
class Happening:
    """A leg takes a status at a time; `position` is that of its noun."""

    at: float
    position: int
    status: str
    sip: int | None = None


def plan_ringing(parties: Mapping[int, Party], *, start: float, timeout: float) -> list[Happening]:
    """Everything from dialling to the first answer, or until all have given up; in its order."""
    plans = {position: _plan_leg(party, position, start, timeout) for position, party in parties.items()}
    answers = [plan[-1] for plan in plans.values() if plan[-1].status == "in-progress"]
    winner = min(answers, key=lambda answer: (answer.at, answer.position), default=None)
    happenings = [
        happening
        for plan in plans.values()
        for happening in (_lose(plan, winner) if winner and plan[-1] is not winner else plan)
    ]
    return sorted(happenings, key=lambda it: (it.at, _RANK.get(it.status, 3), it.position))


def _plan_leg(party: Party, position: int, start: float, timeout: float) -> list[Happening]:
    steps = [Happening(start, position, "initiated")]
    if party.rings:
        steps.append(Happening(start + party.rings_after, position, "ringing"))
    ends_at = start + timeout if party.after is None else start + party.rings_after + party.after
    if ends_at > start + timeout or party.after is None:
        return [*steps, Happening(start + timeout, position, "no-answer", 487)]
    status = "in-progress" if party.outcome == "answered" else party.outcome
    return [*steps, Happening(ends_at, position, status, party.sip)]


def _lose(plan: list[Happening], winner: Happening) -> list[Happening]:
    """The others stop ringing when somebody answers."""
    last = plan[-1]
    if last.at < winner.at or (last.at == winner.at and last.status != "in-progress"):
        return plan
    before = [step for step in plan[:-1] if step.at <= winner.at]
    return [*before, Happening(winner.at, last.position, "canceled", 487)]
