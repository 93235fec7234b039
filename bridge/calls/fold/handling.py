"""One sentence for Twenty: which agent answered an inbound call, how soon, and which others rang."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from bridge.calls.agents import Identity, client_identity
from bridge.calls.fold.call import Call, Direction
from bridge.calls.fold.legs import Leg
from bridge.calls.numbers import readable
from bridge.calls.texts import Texts

Names = Mapping[str, str]
"""Identity → name of the agent; an agent without an entry is shown by identity."""


def handling(call: Call, names: Names, *, texts: Texts) -> str | None:
    """`Answered by Alice after 8 s. Also rung: Bob (declined), Carol (no answer).`

    None for a call out, and for a call that rang no agent.
    """
    if call.direction is Direction.OUTBOUND or not call.ended:
        return None
    # Agents who rang at the same time are sorted by name.
    legs = sorted(
        (leg for leg in call.legs if leg.to), key=lambda leg: (leg.in_order()[0], name_of(leg.to, names))
    )
    took = [name_of(leg.to, names) for leg in legs if leg.talked]
    others = _rung([leg for leg in legs if not leg.talked], call.declined, names, texts)
    listed = ", ".join(f"{name} ({how})" if how else name for name, how in others.items() if name not in took)
    return " ".join(_sentences(call, took, listed, texts)) or None


def name_of(address: str | None, names: Names) -> str:
    """The display name of an address: the agent's name, or the number in readable form."""
    identity = client_identity(address)
    return names.get(identity, identity) if identity else readable(address or "")


def duration(seconds: int, texts: Texts) -> str:
    """`3 min 12 s`, `45 s`."""
    minutes, rest = divmod(seconds, 60)
    form = texts.minutes if minutes else texts.seconds
    return form.format(minutes=minutes, seconds=rest)


def _sentences(call: Call, took: Sequence[str], listed: str, texts: Texts) -> Iterator[str]:
    length = duration(call.ring_seconds or 0, texts)
    if took:
        yield texts.answered_by.format(name=took[0], time=length)
    if passed_on := list(dict.fromkeys(took[1:])):
        yield texts.passed_on.format(names=", ".join(passed_on))
    if listed:
        yield (texts.also_rung if took else texts.rung).format(names=listed, time=length)


def _rung(legs: Sequence[Leg], declined: Collection[Identity], names: Names, texts: Texts) -> dict[str, str]:
    """Name → result, for agents who rang and did not talk; of two legs of one agent the last one counts."""
    return {name_of(leg.to, names): _how(leg, declined, texts) for leg in legs}


def _how(leg: Leg, declined: Collection[Identity], texts: Texts) -> str:
    if client_identity(leg.to) in declined:
        return texts.declined
    # Twilio reports "busy" for a browser that declines, and for one that is in a call.
    busy = texts.declined if client_identity(leg.to) else texts.busy.lower()
    return {"busy": busy, "no-answer": texts.not_answered, "failed": texts.not_reached}.get(leg.status, "")
