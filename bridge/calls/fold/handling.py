"""One sentence for Twenty: which agent answered an inbound call, how soon, and which others rang."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from bridge.calls.agents import Identity, client_identity
from bridge.calls.fold.call import Call, Direction
from bridge.calls.fold.legs import Leg
from bridge.calls.fold.story import Story, Talk
from bridge.calls.numbers import readable
from bridge.calls.texts import Texts

Names = Mapping[str, str]
"""Identity → name of the agent; an agent without an entry is shown by identity."""


def handling(call: Call, names: Names, *, texts: Texts) -> str | None:
    """`Answered by Alice after 8 s. Also rung: Bob (declined), Carol (no answer).`

    Of a call with more than two ends: `Answered by Anna (2 min 10 s), on hold 40 s, passed to Bob (9 s).`
    None for another call out, and for a call that rang no agent.
    """
    if not call.ended:
        return None
    if call.story and call.story.talks:
        return " ".join(_told(call, call.story, names, texts))
    if call.direction is Direction.OUTBOUND:
        return None
    legs = _rang_in_order(call, names)
    took = [name_of(leg.to, names) for leg in legs if leg.talked]
    others = _rung(legs, call.declined, names, texts)
    listed = ", ".join(f"{name} ({how})" if how else name for name, how in others.items() if name not in took)
    return " ".join(_sentences(call, took, listed, texts)) or None


def _rang_in_order(call: Call, names: Names) -> list[Leg]:
    # Agents who rang at the same time are sorted by name.
    legs = (leg for leg in call.legs if leg.to)
    return sorted(legs, key=lambda leg: (leg.in_order(), name_of(leg.to, names)))


def _told(call: Call, story: Story, names: Names, texts: Texts) -> Iterator[str]:
    """The sentences of a call with more than two ends."""
    yield f"{', '.join(_parts(call, story, names, texts))}."
    known = {name_of(talk.address, names) for talk in (*story.talks, *story.listened)}
    inbound = call.direction is Direction.INBOUND
    rang = [leg for leg in _rang_in_order(call, names) if not leg.talked and (inbound or leg.joined)]
    others = _rung(rang, call.declined, names, texts)
    if listed := ", ".join(
        f"{name} ({how})" if how else name for name, how in others.items() if name not in known
    ):
        yield texts.also_rung.format(names=listed)
    if story.rebuilt:
        yield texts.rebuilt


def _parts(call: Call, story: Story, names: Names, texts: Texts) -> Iterator[str]:
    """Who talked, the holds after the first of them, and who listened."""
    first, *later = _by_name(story.talks, names)
    begun = texts.taken_by if call.direction is Direction.INBOUND else texts.placed_by
    yield begun.format(name=first.name, time=duration(first.seconds, texts))
    if story.holds:
        on_hold = texts.on_hold if len(story.holds) == 1 else texts.on_hold_times
        yield on_hold.format(time=duration(story.hold_seconds, texts), times=len(story.holds))
    until = first.until
    for one in later:
        # The agent who passed it on can have left in the second in which the call ended.
        how = texts.passed_to if one.passed_on or one.until > until else texts.joined_by
        until = max(until, one.until)
        yield how.format(name=one.name, time=duration(one.seconds, texts))
    for one in _by_name(story.listened, names):
        yield texts.listened_to_by.format(name=one.name, time=duration(one.seconds, texts))


class _Part(Struct):
    """A party's part in a call, by all of its legs."""

    name: str
    seconds: int
    until: datetime
    passed_on: bool = False


def _by_name(talks: Iterable[Talk], names: Names) -> list[_Part]:
    parts: dict[str, _Part] = {}
    for talk in talks:
        part = parts.setdefault(name := name_of(talk.address, names), _Part(name, 0, talk.until))
        part.seconds += talk.seconds
        part.until = max(part.until, talk.until)
        part.passed_on = part.passed_on or talk.passed_on
    return list(parts.values())


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
    """Name → result, for agents who rang; of two legs of one agent the last one counts."""
    return {name_of(leg.to, names): _how(leg, declined, texts) for leg in legs}


def _how(leg: Leg, declined: Collection[Identity], texts: Texts) -> str:
    if client_identity(leg.to) in declined:
        return texts.declined
    # Twilio reports "busy" for a browser that declines, and for one that is in a call.
    busy = texts.declined if client_identity(leg.to) else texts.busy.lower()
    return {"busy": busy, "no-answer": texts.not_answered, "failed": texts.not_reached}.get(leg.status, "")
