"""An agent's colleagues: their availability and, where the settings allow it, their calls."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from bridge.calls.agent_call import agent_call
from bridge.calls.agents import USER, Agents, Identity
from bridge.calls.availability import Availability
from bridge.calls.callback import Callback
from bridge.calls.live_calls import LiveCalls
from bridge.inbox.agent_calls import calls_of
from bridge.inbox.store import Inbox
from bridge.json_text import utc
from bridge.settings.phone import Sees
from bridge.twenty.people.members import Members
from bridge.web.availabilities import Availabilities
from bridge.web.phone.agents import Agent
from bridge.web.phone.call_bodies import Body, CallBodies

Own = tuple[Identity, ...]


class Colleagues(Struct, frozen=True, kw_only=True):
    """Lists agents. `rung` holds the agents whom lines ring, as the settings name them.

    `sees` is what agents see of each other. Methods that list calls raise InboxUnavailable.
    """

    inbox: Inbox
    agents: Agents
    members: Members
    live_calls: LiveCalls
    availabilities: Availabilities
    bodies: CallBodies
    rung: Sequence[str]
    sees: Sees

    async def seen_by(self, agent: Agent, *, only: Collection[str] | None = None) -> list[Body]:
        """The agents whom `agent` is allowed to see, by name; `only` filters them by identity."""
        everyone = [own for own in self._everyone(agent) if only is None or not set(own).isdisjoint(only)]
        shown = [own for own in everyone if self.shows_calls(agent) or _is(agent, own)]
        return await self._bodies(everyone, shown, me=agent.own)

    async def all(self) -> list[Body]:
        """All agents, by name, without their calls."""
        return await self._bodies(list(self._all(())), (), me=())

    async def as_others_see(self, agents: Collection[Own], *, calls: bool) -> list[Body]:
        """These agents as other agents see them, with or without their calls.

        Users of Twenty are among them who have closed their phone, and are listed no more.
        """
        only = {identity for own in agents for identity in own}
        found = [own for own in self._all(()) if not only.isdisjoint(own)]
        listed = {identity for own in found for identity in own}
        found += [own for own in agents if listed.isdisjoint(own)]
        return await self._bodies(found, found if calls else (), me=())

    async def _bodies(self, everyone: Sequence[Own], shown: Sequence[Own], *, me: Own) -> list[Body]:
        """Agents by name, with the calls of those in `shown`."""
        now = datetime.now(UTC)
        legs = {own: sid for own in shown if (sid := self._leg(own, now))}
        calls = await self._calls(legs) if legs else {}
        found = [self._body(own, calls.get(own), now, me=me) for own in everyone]
        return sorted(found, key=lambda body: (str(body["name"]).casefold(), str(body["identity"])))

    def shows_calls(self, agent: Agent) -> bool:
        """Whether an agent is allowed to see the calls of others."""
        return agent.is_supervisor or self.sees == "calls"

    def shows_others(self, agent: Agent) -> bool:
        """Whether an agent is allowed to see other agents."""
        return agent.is_supervisor or self.sees != "none"

    def states(self) -> dict[Own, object]:
        """Agent → their state, to compare with an earlier one."""
        now = datetime.now(UTC)
        return {
            own: (
                self.availabilities.of(own),
                self.availabilities.is_present(own),
                self._leg(own, now),
            )
            for own in self._all(())
        }

    def _everyone(self, agent: Agent) -> Iterator[Own]:
        """Each agent once: `agent`, those whom the settings name, and those whose phone is open."""
        yield agent.own
        if self.shows_others(agent):
            yield from self._all(agent.own)

    def _all(self, besides: Own) -> Iterator[Own]:
        seen: set[str] = set(besides)
        rung = (own for own in self.members.identities(self.rung).values() if own)
        others = (self.members.all_of(Identity(one)) for one in self._identities())
        for own in (*rung, *others):
            if seen.isdisjoint(own):
                yield own
            seen.update(own)

    def _identities(self) -> Iterable[str]:
        present = (one for one in self.availabilities.present() if USER.fullmatch(one))
        return dict.fromkeys((*self.agents.named, *sorted(present)))

    def _leg(self, own: Own, now: datetime) -> str | None:
        return next((sid for one in own if (sid := self.live_calls.call_of(one, now))), None)

    async def _calls(self, legs: dict[Own, str]) -> dict[Own, Body]:
        roots = {own: self.live_calls.root_of(sid) for own, sid in legs.items()}
        known = {call.root_sid: call for call in await calls_of(self.inbox, dict.fromkeys(roots.values()))}
        return {own: self._call(own, known[sid].callbacks) for own, sid in roots.items() if sid in known}

    def _call(self, own: Own, callbacks: Iterable[Callback]) -> Body:
        found = agent_call(own, callbacks)
        shown = self.bodies.other(found)
        return {
            "sid": found.call.sid,
            "direction": found.call.direction.lower(),
            "number": shown["number"],
            "readable": shown["readable"],
            "since": utc(found.call.answered_at or found.call.started_at),
        }

    def _body(self, own: Own, call: Body | None, now: datetime, *, me: Own) -> Body:
        identity = next((one for one in own if self.agents.is_ours(one)), own[0])
        return {
            "identity": identity,
            "name": next(iter(self.members.names(own).values()), identity),
            "me": not set(me).isdisjoint(own),
            "present": self.availabilities.is_present(own),
            "availability": availability_body(self.availabilities.of(own)),
            "inCall": any(self.live_calls.in_call(one, now) for one in own),
            "call": call,
        }


def _is(agent: Agent, own: Own) -> bool:
    return not set(agent.own).isdisjoint(own)


def availability_body(found: Availability) -> Body:
    """The JSON of an availability."""
    return {
        "status": found.status,
        "until": utc(found.until) if found.until else None,
        "since": utc(found.since) if found.since else None,
    }
