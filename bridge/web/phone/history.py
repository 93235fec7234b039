"""An agent's calls as the inbox has them: recent calls, missed calls, voicemails, calls with a party."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from bridge.calls.agent_call import (
    AgentCall,
    FoldedCall,
    agent_call,
    as_colleague_had_it,
    call_for,
    line_name,
    of_another,
)
from bridge.calls.agents import Identity
from bridge.calls.fold.states import Direction
from bridge.calls.part import PartState
from bridge.calls.routing.lines import Group, Lines
from bridge.inbox.agent_calls import (
    HeardPage,
    Keyset,
    Party,
    agents_of_calls,
    calls_by_sid,
    calls_of_agents,
    calls_with,
    heard_of_agent,
    heard_page,
    heard_with_numbers,
)
from bridge.inbox.agent_states import states_of
from bridge.inbox.queries import KnownCall
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.texts import StoredTranscript, transcripts_of
from bridge.inbox.unreadable import concerning
from bridge.twenty.people.members import Members
from bridge.web.phone.call_bodies import Body, CallBodies
from bridge.web.phone.summaries import Own, Summaries, Summary, newest_first

STEP = 250
MOST_READ = 500
"""Calls that one request folds; if few of them are in the list, the page is short and names a next one."""

MOST_PASSED = 5_000
"""Calls of busy lines that one request passes over, since they rang other agents."""

MOST_MISSED = 100
"""The highest count of missed calls."""

MISSED_FOR = timedelta(days=14)
"""Older missed calls are not counted."""

LONGEST_CALL = timedelta(hours=4)
"""A call that began earlier was not missed since. https://www.twilio.com/docs/voice/twiml/dial#timelimit"""

MOST_REACHED = 2_000
"""Numbers of the last calls; of the others Twenty has the calls, unless it is away."""

PLACED = frozenset({PartState.CALLING, PartState.NOT_ANSWERED, PartState.BUSY, PartState.CANCELED})


class Show(StrEnum):
    """The lists of calls that a page can request."""

    RECENT = "recent"
    MISSED = "missed"
    VOICEMAILS = "voicemails"


class Listed(Struct, frozen=True):
    """An agent's call: `known` is its entry in the inbox, `call` the agent's part in it."""

    known: KnownCall
    call: AgentCall
    number: str | None

    @property
    def reaches(self) -> bool:
        """Whether the agent spoke with the other party, or tried to."""
        talked = self.call.part.state in (PartState.TALKING, PartState.TALKED)
        is_out = self.call.call.direction is Direction.OUTBOUND
        return talked or (is_out and self.call.part.state in PLACED)


class History:
    """Reads agents' calls from the inbox; a call that rang no agent belongs to the agents of its line.

    Methods that read raise InboxUnavailable.
    """

    def __init__(
        self, inbox: Inbox, members: Members, bodies: CallBodies, *, lines: Lines, numbers: Collection[str]
    ) -> None:
        self._inbox = inbox
        self._members = members
        self.bodies = bodies
        self._lines = lines
        self._numbers = numbers
        self.reached: dict[str, datetime] = {}
        """When an agent last called, or spoke with, a number: before Twenty has those calls."""
        self._summaries = Summaries(inbox, lambda own, known: self.summary(self.listed(own, known)))

    def listed(self, own: Collection[Identity], known: KnownCall, *, sid: str = "") -> Listed:
        """The agent's part in a call; `sid` chooses one of their legs."""
        call = agent_call(own, known.callbacks, sid=sid)
        return Listed(known, call, self.bodies.number_of(call))

    def summary(self, one: Listed) -> Summary:
        """What counts of a call."""
        return Summary(
            root_sid=one.known.root_sid,
            number=one.number,
            started_at=one.call.call.started_at,
            is_missed=self.is_in(Show.MISSED, one),
            is_message=self.is_in(Show.VOICEMAILS, one),
            missed_at=one.call.missed_at,
            reaches=one.reaches,
        )

    def lines_of(self, own: Collection[Identity]) -> list[str]:
        """The names of the lines that ring an agent."""
        return [line_name(number) for number in self._numbers if self._rings(number, own)]

    def _rings(self, number: str, own: Collection[Identity]) -> bool:
        groups = (step for step in self._lines.of(number).steps if isinstance(step, Group))
        rung = self._members.identities(agent for group in groups for agent in group.agents)
        return any(identity in own for identities in rung.values() for identity in identities)

    async def is_of_line(self, own: Collection[Identity], one: Listed) -> bool:
        """Whether a call that rang no agent is on a line that rings this agent."""
        if not one.call.rang_none:
            return False
        named = await agents_of_calls(self._inbox, [one.known.root_sid])
        return not named.get(one.known.root_sid, set()).isdisjoint(self.lines_of(own))

    async def page(
        self, own: Collection[Identity], show: Show, *, limit: int, before: Keyset | None
    ) -> tuple[list[Listed], Keyset | None]:
        """Calls of one list, newest first, and where the next page begins; None for the last page."""
        if show is not Show.RECENT:
            return await self._chosen(tuple(own), show, limit=limit, before=before)
        page = await calls_of_agents(self._inbox, own, limit=limit, before=before)
        listed = self._each((known for _, known in page.calls), lambda known: self.listed(own, known))
        return [one for one in listed if self.is_in(show, one)], page.last

    def _each(self, calls: Iterable[KnownCall], read: Callable[[KnownCall], Listed]) -> list[Listed]:
        """These calls, but those that cannot be read."""
        found = []
        for known in calls:
            with concerning(known.root_sid):
                found.append(read(known))
        return found

    async def _chosen(
        self, own: Own, show: Show, *, limit: int, before: Keyset | None
    ) -> tuple[list[Listed], Keyset | None]:
        """The same of a list that few calls are in: only these are read, once their summaries are known."""
        chosen: dict[str, Keyset] = {}
        async for page in self._pages(own, before):
            last = page.last
            found = await self._summaries.of(own, [one for _, one in page.calls], now=datetime.now(UTC))
            places = [place for place, _ in page.calls if _is_in(show, found.get(place.root_sid))]
            chosen |= {place.root_sid: place for place in places[: limit - len(chosen)]}
            if len(chosen) == limit:
                last = [*chosen.values()][-1]
                break
        known = await calls_by_sid(self._inbox, chosen)
        return self._each(known.values(), lambda one: self.listed(own, one)), last

    async def _pages(self, own: Own, before: Keyset | None) -> AsyncIterator[HeardPage]:
        """Pages until MOST_READ calls are to be summarised, or enough are passed over."""
        lines, summarised, passed = self.lines_of(own), 0, 0
        while True:
            page = await heard_page(self._inbox, own, lines, limit=STEP, before=before)
            yield page
            summarised, passed, before = summarised + len(page.calls), passed + STEP, page.last
            if before is None or summarised >= MOST_READ or passed >= MOST_PASSED:
                return

    async def with_party(
        self, own: Collection[Identity], party: Party, *, of_all: bool, limit: int, before: Keyset | None
    ) -> tuple[list[Listed], Keyset | None]:
        """The agent's calls with a party, newest first; `of_all` adds colleagues', as they had them."""
        page = await calls_with(
            self._inbox,
            party,
            [*own, *self.lines_of(own)],
            is_with=lambda known: self._is_with(known, party),
            of_all=of_all,
            limit=limit,
            before=before,
        )
        read = self._shared if of_all else self.listed
        found = self._each((known for _, known in page.calls), lambda known: read(own, known))
        return [one for one in found if of_all or self.is_in(Show.RECENT, one)], page.last

    def _is_with(self, known: KnownCall, party: Party) -> bool:
        listed = self._each([known], lambda one: self.listed((), one))
        return any(one.number in party.numbers for one in listed)

    def _shared(self, own: Collection[Identity], known: KnownCall) -> Listed:
        """A call for an agent who is allowed to see those of colleagues: by the agent who talked."""
        folded = FoldedCall.of(known.callbacks)
        call = call_for(own, folded)
        other = of_another(call, own, folded)
        if other:
            call = as_colleague_had_it(own, self._members.all_of(other), folded)
        return Listed(known, call, self.bodies.number_of(call))

    def is_in(self, show: Show, one: Listed) -> bool:
        """Whether a call belongs in a list."""
        if one.call.call.preflight or not (one.call.is_own or one.call.rang_none):
            return False
        if show is Show.VOICEMAILS:
            return one.call.is_message and bool(one.call.recordings)
        return show is Show.RECENT or one.call.is_missed

    def reach(self, number: str, at: datetime) -> None:
        """Notes that an agent called, or spoke with, a number in a call that began then."""
        self.reached[number] = max(at, self.reached.pop(number, at))
        if len(self.reached) > MOST_REACHED:
            del self.reached[next(iter(self.reached))]

    async def seen_at(self, own: Collection[Identity]) -> datetime | None:
        """The time up to which an agent has seen missed calls; None if they have seen none."""
        states = await states_of(self._inbox, own)
        return max((state.seen_at for state in states if state.seen_at), default=None)

    async def missed(self, own: Collection[Identity], *, now: datetime) -> int:
        """The number of missed calls that the agent has neither seen nor called back, MOST_MISSED at most."""
        return len(await self.missed_calls(own, now=now))

    async def missed_calls(self, own: Collection[Identity], *, now: datetime) -> list[Summary]:
        """Missed calls neither seen nor called back, newest first; MOST_MISSED at most."""
        seen_at = await self.seen_at(own)
        since = max(now - MISSED_FOR, seen_at - LONGEST_CALL if seen_at else now - MISSED_FOR)
        heard = await heard_of_agent(self._inbox, own, self.lines_of(own), since=since, limit=MOST_READ)
        listed = newest_first((await self._summaries.of(tuple(own), heard, now=now)).values())
        missed = [one for one in listed if one.is_missed and not is_seen(one, seen_at)]
        reached = await self._reached(missed, listed, now=now)
        return [one for one in missed if not _is_called_back(one, reached)][:MOST_MISSED]

    async def is_called_back(self, own: Collection[Identity], one: Summary, *, now: datetime) -> bool:
        """Whether an agent has reached the number of a missed call since."""
        reached = await self._reached([one], await self._since(own, [one], now=now), now=now)
        return _is_called_back(one, reached)

    def was_reached(self, one: Summary) -> bool:
        """Whether an agent has reached the number of a missed call lately."""
        return _is_called_back(one, self.reached)

    async def _reached(
        self, missed: Sequence[Summary], listed: Iterable[Summary], *, now: datetime
    ) -> dict[str, datetime]:
        """Number of a missed call → when an agent last spoke with it, or tried to."""
        numbers = {one.number for one in missed if one.number}
        if not numbers:
            return {}
        since = min(one.started_at for one in missed)
        heard = await heard_with_numbers(self._inbox, numbers, since=since, limit=MOST_READ)
        theirs = await self._summaries.of((), heard, now=now)
        times = [(one.number, one.started_at) for one in (*listed, *theirs.values()) if one.reaches]
        times += self.reached.items()
        return {number: at for number, at in sorted(times, key=lambda t: t[1]) if number in numbers}

    async def _since(
        self, own: Collection[Identity], missed: Sequence[Summary], *, now: datetime
    ) -> list[Summary]:
        """The agent's calls since these, including those that are not written to Twenty yet."""
        if not missed:
            return []
        since = min(one.started_at for one in missed)
        heard = await heard_of_agent(self._inbox, own, limit=STEP, since=since)
        return newest_first((await self._summaries.of(tuple(own), heard, now=now)).values())

    async def bodies_of(self, own: Collection[Identity], listed: Sequence[Listed]) -> list[Body]:
        """The JSON of these calls."""
        now, seen_at = datetime.now(UTC), await self.seen_at(own)
        summaries = [self.summary(one) for one in listed]
        missed = [
            summary
            for one, summary in zip(listed, summaries, strict=True)
            if one.call.is_missed or one.call.is_message
        ]
        others = await self._since(own, missed, now=now)
        reached = await self._reached(missed, [*summaries, *others], now=now)
        calls = await self.with_words([one.call for one in listed])
        return [
            self.bodies.body(
                call,
                one.known.match,
                called_back=_is_called_back(summary, reached),
                seen=is_seen(summary, seen_at),
            )
            for one, call, summary in zip(listed, calls, summaries, strict=True)
        ]

    async def with_words(self, calls: Sequence[AgentCall]) -> list[AgentCall]:
        """The calls; messages that the agent may hear have the engine's text where there is one."""
        messages = {one.call.sid for one in calls if one.is_message and one.recordings}
        found = await transcripts_of(self._inbox, messages) if messages else {}
        return [
            replace(one, transcript=words_of(made) or one.transcript)
            if (made := found.get(one.call.sid))
            else one
            for one in calls
        ]


def words_of(recordings: Sequence[StoredTranscript]) -> str:
    """All that is said in recordings, in order, as one text."""
    said = (segment.text for _, made in recordings for segment in made.segments)
    return " ".join(" ".join(said).split())


def is_seen(one: Summary, seen_at: datetime | None) -> bool:
    """Whether the agent has seen a missed call; `seen_at` is the time up to which they have."""
    return seen_at is not None and (one.missed_at or one.started_at) <= seen_at


def _is_in(show: Show, one: Summary | None) -> bool:
    return one is not None and (one.is_message if show is Show.VOICEMAILS else one.is_missed)


def _is_called_back(one: Summary, reached: dict[str, datetime]) -> bool:
    at = reached.get(one.number or "")
    return at is not None and at > one.started_at
