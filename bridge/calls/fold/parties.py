"""Callbacks of one call → its legs, its direction, who called whom, and which agents talked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.agents import Identity, client_identity
from bridge.calls.callback import OF_CALL, Callback, Kind
from bridge.calls.fold.acts import CUSTOMER
from bridge.calls.fold.legs import Leg, caller_of, first, is_moving, legs_of, number_that_called, parent_leg
from bridge.calls.fold.states import Direction
from bridge.calls.fold.story import Story, story_of
from bridge.calls.numbers import ANONYMOUS, line_at

BY_TWILIO = "by_twilio"
"""The reason of a call that Twilio refused: `refused` of `Evidence`."""


class Evidence(Struct, frozen=True, dict=True):
    """The `callbacks` of a call without duplicates; `parent` is its first leg, `legs` are the dialled ones.

    A call that the REST API placed (`originated`) has its first leg in `legs` until it dials others.
    """

    callbacks: tuple[Callback, ...]
    parent: Leg | None
    legs: tuple[Leg, ...]
    direction: Direction
    originated: bool
    story: Story | None = None
    """Of a call that had more than two ends: it was moved into a conference, or passed on."""
    knows_direction: bool = True
    """False where no callback shows the direction, as of a recording alone; `direction` is then a guess."""

    @classmethod
    def of(cls, callbacks: Iterable[Callback]) -> Self:
        """The evidence in callbacks, at least one and all of one `root_sid`."""
        distinct = _without_duplicates(callbacks)
        root = [c for c in distinct if c.parent_sid is None]
        parent, legs = parent_leg(distinct[0].root_sid, root), legs_of(distinct)
        originated = any((c.get("Direction") or "").startswith("outbound") for c in root)
        if not legs and parent and originated:
            legs = (parent,)
        dialled = [leg for leg in legs if not leg.joined]
        known = Direction.OUTBOUND if originated else _direction(distinct, dialled)
        direction = known or Direction.OUTBOUND
        evidence = cls(distinct, parent, legs, direction, originated, knows_direction=known is not None)
        return replace(evidence, story=story_of(evidence)) if evidence.has_more_ends else evidence

    @property
    def has_more_ends(self) -> bool:
        """Whether an agent moved the call into a conference, or a leg joined it later."""
        has_acts = any(
            c.kind in (Kind.CONFERENCE, Kind.ACT) or is_moving(c) or c.get(CUSTOMER) for c in self.callbacks
        )
        return has_acts or any(leg.joined for leg in self.legs)

    @cached_property
    def customer(self) -> Leg | None:
        """The leg of the party outside the company: of a call in the first one, else the first dialled."""
        if self.direction is Direction.INBOUND:
            return self.parent
        named = first(c.get(CUSTOMER) for c in self.callbacks)
        dialled = sorted(self._dialled, key=Leg.in_order)
        return next((leg for leg in dialled if leg.sid == named), dialled[0] if dialled else None)

    @cached_property
    def talked(self) -> tuple[Leg, ...]:
        """The legs on which a person talked with the customer, or as the customer, in their order."""
        talked = [leg for leg in self.legs if self._has_talked(leg)]
        return tuple(sorted(talked, key=Leg.in_order))

    def _has_talked(self, leg: Leg) -> bool:
        if self.story is None:
            return leg.talked
        sids = {talk.sid for talk in self.story.talks}
        return leg.sid in sids or (bool(sids) and leg == self.customer)

    @cached_property
    def _by_kind(self) -> Mapping[Kind, Sequence[Callback]]:
        found: defaultdict[Kind, list[Callback]] = defaultdict(list)
        for callback in self.callbacks:
            found[callback.kind].append(callback)
        return dict(found)

    def of_kind(self, kind: Kind) -> Sequence[Callback]:
        """The callbacks of that kind, in their order."""
        return self._by_kind.get(kind, ())

    def has(self, kind: Kind) -> bool:
        """Whether there is a callback of that kind."""
        return kind in self._by_kind

    @property
    def refused(self) -> str | None:
        """The reason why the bridge, or Twilio, did not place the call; None where it was placed."""
        return first(c.get("Reason") for c in self.of_kind(Kind.REFUSED)) or self._by_twilio

    @property
    def _by_twilio(self) -> str | None:
        """The reason where Twilio dialled no one for an agent: a number that is not in use gets a leg."""
        if self.direction is Direction.INBOUND or not self.knows_direction or self.originated or self.story:
            return None
        failed = [c for c in self.of_kind(Kind.DIAL) if c.get("DialCallStatus") == "failed"]
        is_alone = len(self.legs) == len(failed) == 1 and not failed[0].get("DialCallSid")
        return BY_TWILIO if is_alone else None

    @property
    def is_preflight(self) -> bool:
        """Whether a phone only tested its connection to Twilio."""
        return any(c.is_preflight for c in self.of_kind(Kind.VOICE))

    @property
    def declined(self) -> frozenset[Identity]:
        """The agents who declined the call on their phone."""
        by = (c.get("Agent") for c in self.of_kind(Kind.DECLINED))
        return frozenset(Identity(agent) for agent in by if agent)

    @cached_property
    def from_(self) -> str | None:
        """The calling number, or `anonymous`; for an outbound call the caller ID that was shown."""
        if self.direction is Direction.INBOUND:
            return self._caller
        dialled = () if self.originated else self._dialled
        return first(leg.from_ for leg in (*dialled, self.parent) if leg)

    @property
    def _dialled(self) -> tuple[Leg, ...]:
        """The legs that the call itself dialled, not those that joined it later."""
        return tuple(leg for leg in self.legs if not leg.joined)

    @property
    def _caller(self) -> str | None:
        """An inbound call's calling number: from the caller's own leg, else from dialled legs.

        Dialled legs that show the company's own number are skipped.
        """
        called = line_at(self.parent.to) if self.parent and self.parent.to else None
        rang = caller_of(leg.from_ for leg in self._dialled if not leg.from_ or line_at(leg.from_) != called)
        caller = self.parent.from_ if self.parent else None
        if caller is None:
            caller = rang
        return ANONYMOUS if caller == "" else caller

    @cached_property
    def to(self) -> str | None:
        """The called number: for an inbound call one of the company's, for an outbound call as dialled."""
        if self.direction is Direction.INBOUND:
            return self.parent.to if self.parent else None
        if not self.originated:
            return first(leg.to for leg in (*self._dialled, self.parent) if leg)
        # It can ring the agent first and then the customer, or the other way round.
        called = [leg.to for leg in (self.parent, *self.legs) if leg]
        return first(to for to in called if not client_identity(to)) or first(called)

    @property
    def other_party(self) -> str | None:
        """The party outside the company: an inbound call's caller, an outbound call's dialled number."""
        return self.from_ if self.direction is Direction.INBOUND else self.to

    @property
    def agents(self) -> tuple[Identity, ...]:
        """The identities that talked or called, each once, in their order."""
        addresses = [leg.to for leg in self.talked]
        if self.direction is Direction.OUTBOUND:
            callers = [leg.from_ for leg in (self.parent, *self._dialled) if leg]
            called = [self.parent.to, *addresses] if self.originated and self.parent else []
            joined = [leg.to for leg in self.talked if leg.joined]
            addresses = [*callers, *called, *joined]
        return tuple(dict.fromkeys(i for a in addresses if (i := client_identity(a))))


def _without_duplicates(callbacks: Iterable[Callback]) -> tuple[Callback, ...]:
    """The earliest copy of each delivery, sorted by arrival and digest."""
    earliest: dict[bytes, Callback] = {}
    for callback in sorted(callbacks, key=attrgetter("received_at", "digest")):
        earliest.setdefault(callback.delivery, callback)
    return tuple(earliest.values())


def _is_step(callback: Callback) -> bool:
    """Whether a Dial's action is of a call in: a step of its line, or its transfer."""
    step = callback.get("Step")
    return step is not None and step != "conference" and callback.get(OF_CALL) is None


def _direction(callbacks: Iterable[Callback], legs: Iterable[Leg]) -> Direction | None:
    """The direction from the bridge's own parameters, else from the caller, else from the legs that ring.

    None where none of them shows it.
    """
    # A caller who is forwarded to a telephone looks like an agent who calls out.
    if any(c.get("CallDirection") == "inbound" or _is_step(c) for c in callbacks):
        return Direction.INBOUND
    caller = caller_of(number_that_called(c) for c in callbacks if c.parent_sid is None)
    # An agent's browser always has an identity, so a caller without identity and number called in.
    if caller is not None:
        return Direction.OUTBOUND if client_identity(caller) else Direction.INBOUND
    if any(client_identity(leg.to) and not client_identity(leg.from_) for leg in legs):
        return Direction.INBOUND
    # A call that is known by its recording alone has no number and no direction.
    is_out = any(c.get("CallDirection") == "outbound" for c in callbacks)
    return Direction.OUTBOUND if is_out or any(leg.to for leg in legs) else None
