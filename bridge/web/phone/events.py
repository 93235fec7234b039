"""`GET /api/events`: sends pages their agent's calls, missed calls and colleagues as they change.

Events are made from the stored callbacks, so a page gets those that any replica stored. An event holds the
whole new state: one that arrives twice does no harm, and one that a newer event replaces is not sent.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import hdrs, web

from bridge import background
from bridge.calls.agent_call import FoldedCall, call_for
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.legs import may_be_leg
from bridge.errors import InboxUnavailable, NotVerified, RequestRefused, TooManyRequests
from bridge.inbox.agent_calls import agents_of_calls, calls_of, changed_since
from bridge.inbox.queries import KnownCall
from bridge.inbox.replicas import CallbackPoller
from bridge.inbox.store import Inbox
from bridge.inbox.unreadable import concerning
from bridge.web.availabilities import PRESENT, Availabilities
from bridge.web.phone.agents import AgentAuthentication
from bridge.web.phone.colleagues import Colleagues, Own, availability_body
from bridge.web.phone.history import History, Listed, is_seen
from bridge.web.phone.missed_calls import MissedCalls
from bridge.web.phone.streams import EventStream, encoded, event_text
from bridge.web.phone.summaries import Summary
from bridge.web.phone.unmatched import Unmatched

GATHER_SECONDS = 0.02
"""How long changes are collected before one query reads them."""

POLL_SECONDS = 1.0
"""How often to poll for callbacks that other replicas stored, and for changes of colleagues."""

HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": \n\n"
SLOWEST_SECONDS = 10.0
"""How long a client can leave sent data unread."""

CHECK_SECONDS = 300.0
"""How often the credentials of an open stream are checked again."""

OF_ONE_AGENT, IN_ALL = 6, 1_000

MOST_CHANGED = 200
"""Changed calls that are sent to a page that reconnects; with more, the page reloads its lists."""

JUST_ENDED = timedelta(seconds=5)
"""For so long it is known without a query whether an agent has called back."""

OLDEST = 50_000
"""Callbacks that a page can have missed when it reconnects; with more, it reloads its lists."""

EVENT_STREAM = "text/event-stream"

log = structlog.get_logger()


class Events:
    """The endpoint, and the tasks that feed its streams; `is_stopping` sends pages to other replicas."""

    def __init__(
        self,
        inbox: Inbox,
        agents: AgentAuthentication,
        history: History,
        colleagues: Colleagues,
        availabilities: Availabilities,
        *,
        is_stopping: Callable[[], bool],
        check_seconds: float,
    ) -> None:
        self._inbox = inbox
        self._agents = agents
        self._history = history
        self._colleagues = colleagues
        self._availabilities = availabilities
        self._is_stopping = is_stopping
        self._check_seconds = check_seconds
        self._streams: set[EventStream] = set()
        self._by_agent: Counter[str] = Counter()
        self._poller = CallbackPoller(inbox)
        self._unmatched = Unmatched(inbox)
        self._news = asyncio.Event()
        self._reading = asyncio.Lock()
        self._unsent: dict[str, bool] = {}
        """Changed calls that were read and are not queued yet; True for legs that do not name their call."""
        self._reaching: set[str] = set()
        """Of these, those with numbers whose calls open pages count as missed."""
        self._states: dict[Own, object] = {}
        self._leaving: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Feeds streams while the context is open."""
        self._inbox.on_commit.append(self._committed)
        tasks = [
            background.keep_running(work, name=name)
            for name, work in {
                "events of calls": self._follow_calls,
                "events of agents": self._follow_agents,
                "presence": self._follow_presence,
            }.items()
        ]
        try:
            yield
        finally:
            self._inbox.on_commit.remove(self._committed)
            await self.close()
            if self._leaving:
                await asyncio.wait([self._leaving])
            await background.stop(*tasks)

    async def close(self, _app: web.Application | None = None) -> None:
        """Ends all streams."""
        for stream in self._streams:
            stream.end("shutdown")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Sends events until the page disconnects, or reads too slowly. Raises InboxUnavailable."""
        asked = request.query.get("identity")
        agent = await self._agents.agent(request, asked)
        with_lines = frozenset((*agent.own, *self._history.lines_of(agent.own)))
        stream = EventStream(agent, with_lines)
        async with self._place(stream):
            await self._begin(stream, request.query.get("after"))
            response = web.StreamResponse(
                headers={hdrs.CONTENT_TYPE: EVENT_STREAM, "X-Accel-Buffering": "no"}
            )
            await response.prepare(request)
            try:
                await self._send(request, response, stream, asked)
            except (ConnectionError, TimeoutError) as gone:
                log.info("events.broken_off", agent=agent.identity, reason=type(gone).__name__)
                if request.transport:
                    request.transport.abort()
            return response

    @asynccontextmanager
    async def _place(self, stream: EventStream) -> AsyncIterator[None]:
        """Counts the stream against the limits per agent and in all; raises TooManyRequests."""
        name = stream.agent.identity
        if self._by_agent[name] >= OF_ONE_AGENT or len(self._streams) >= IN_ALL:
            raise TooManyRequests("Too many pages of yours, or of all, are open; close some.", retry_after=10)
        self._by_agent[name] += 1
        self._streams.add(stream)
        try:
            await self._be_present([name])
            yield
        finally:
            self._streams.discard(stream)
            self._by_agent[name] -= 1
            if not self._by_agent[name]:
                del self._by_agent[name]
                self._leaving = background.start(self._leave(self._leaving, name), name="presence")

    async def _send(
        self, request: web.Request, response: web.StreamResponse, stream: EventStream, asked: str | None
    ) -> None:
        loop = asyncio.get_running_loop()
        check_at, beat_at = loop.time() + self._check_seconds, loop.time() + HEARTBEAT_SECONDS
        credentials = stream.agent.caller.credentials
        # Notices within a second that a page has disconnected, which frees its place.
        while request.transport and not request.transport.is_closing():
            text = await stream.batch(POLL_SECONDS)
            if text or loop.time() >= beat_at:
                beat_at = loop.time() + HEARTBEAT_SECONDS
                async with asyncio.timeout(SLOWEST_SECONDS):
                    await response.write(text or HEARTBEAT)
            if stream.bye or (credentials and credentials.expires <= datetime.now(UTC).timestamp()):
                break
            if loop.time() >= check_at:
                check_at = loop.time() + self._check_seconds
                if not await self._is_allowed(request, asked):
                    break
        await response.write_eof()

    async def _is_allowed(self, request: web.Request, asked: str | None) -> bool:
        try:
            await self._agents.agent(request, asked)
        except (NotVerified, InboxUnavailable):
            # What would say so does not answer now: the next check asks again.
            return True
        except RequestRefused:
            return False
        return True

    async def _begin(self, stream: EventStream, after: str | None) -> None:
        """Queues the first event, and what changed since the last event that the page received."""
        agent = stream.agent
        await self._read(beginning=stream)
        seen_at = await self._history.seen_at(agent.own)
        missed = await self._history.missed_calls(agent.own, now=datetime.now(UTC))
        stream.missed = MissedCalls({one.root_sid: one for one in reversed(missed)}, seen_at)
        for number, at in self._history.reached.items():
            stream.missed.reach(number, at)
        self._states = self._states or self._colleagues.states()
        availability = availability_body(self._availabilities.of(agent.own))
        stream.availability = encoded(availability)
        changed = await self._changed(stream, after)
        hello = {
            "resumed": changed is not None,
            "missed": len(stream.missed),
            "availability": availability,
            "agents": await self._colleagues.seen_by(agent),
        }
        stream.push("hello", "", encoded(hello))
        for known in await calls_of(self._inbox, changed or ()):
            with concerning(known.root_sid):
                await self._queue(stream, known, FoldedCall.of(known.callbacks))
        while stream.early:
            known, folded = stream.early.pop(0)
            with concerning(known.root_sid):
                await self._queue(stream, known, folded)
        stream.counted = True

    async def _changed(self, stream: EventStream, after: str | None) -> Collection[str] | None:
        """The calls that changed since event `after`; None where the page has to reload its lists."""
        is_id = after and after.isascii() and after.isdecimal() and len(after) <= 18
        if not (is_id and stream.position - OLDEST <= int(after or "") <= stream.position):
            return None
        return await changed_since(
            self._inbox, stream.calls_of, position=int(after or ""), limit=MOST_CHANGED
        )

    async def _follow_calls(self) -> None:
        while True:
            await self._until_news()
            if self._streams and not await self._safely(self._read):
                await asyncio.sleep(POLL_SECONDS)
                self._news.set()

    def _committed(self) -> None:
        # A stream that begins reads by itself what came before.
        if self._streams:
            self._news.set()

    async def _until_news(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS if self._inbox.is_shared else None):
                await self._news.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_SECONDS)
        self._news.clear()

    async def _read(self, *, beginning: EventStream | None = None) -> None:
        """Reads new callbacks and queues their calls on all begun streams, then begins `beginning`."""
        async with self._reading:
            if not any(stream.begun for stream in self._streams):
                # No stream was open since the last read.
                self._poller, self._unsent, self._reaching = CallbackPoller(self._inbox), {}, set()
            new = await self._poller.poll()
            for one in new:
                is_lone = one.kind is Kind.STATUS and may_be_leg([one])
                self._unsent[one.root_sid] = is_lone or self._unsent.get(one.root_sid, False)
            self._reaching |= self._reached_by(new)
            if self._unsent:
                await self._tell_of(self._unsent, lone={sid for sid, lone in self._unsent.items() if lone})
                self._unsent, self._reaching = {}, set()
            if beginning:
                beginning.begun = True
            for stream in self._told():
                stream.reached(self._poller.position)

    async def _tell_of(self, sids: Collection[str], *, lone: Collection[str] = ()) -> None:
        """Queues these calls on the streams of their agents; `lone` are legs that do not name their call."""
        concerned = await agents_of_calls(self._inbox, sorted(sids))
        also = {*lone, *self._reaching}
        wanted = [sid for sid in sids if sid in also or self._streams_of(concerned.get(sid, ()))]
        found = await calls_of(self._inbox, wanted) if wanted else ()
        # A leg that did not name its call was read as part of it.
        if roots := {known.root_sid for known in found} - concerned.keys():
            concerned |= await agents_of_calls(self._inbox, sorted(roots))
        for known in found:
            with concerning(known.root_sid):
                await self._tell_of_call(known, _named(known, concerned))

    async def _tell_of_call(self, known: KnownCall, named: set[str]) -> None:
        folded = FoldedCall.of(known.callbacks)
        # Agents who have a call only by its line are sent it once it has ended and rang no agent.
        of_line = folded.rang_none and folded.call.ended
        for stream in self._streams_of(named):
            if of_line or not named.isdisjoint(stream.agent.own):
                await self._tell(stream, known, folded)
        await self._tell_reached(known, folded)

    def _reached_by(self, new: Iterable[Callback]) -> set[str]:
        """The calls, of any agent, with numbers whose calls open pages count as missed."""
        counted = {number for stream in self._streams for number in stream.missed.numbers}
        if not counted:
            return set()
        parties = ((one.root_sid, one.get(name)) for one in new for name in ("From", "To"))
        return {sid for sid, party in parties if self._history.bodies.number(party) in counted}

    async def _tell_reached(self, known: KnownCall, folded: FoldedCall) -> None:
        """Drops the missed calls of a number that an agent called, or spoke with, from every page's count."""
        call = call_for((), folded)
        summary = self._history.summary(Listed(known, call, self._history.bodies.number_of(call)))
        if not summary.reaches or not summary.number:
            return
        self._history.reach(summary.number, summary.started_at)
        for stream in self._told():
            if dropped := stream.missed.reach(summary.number, summary.started_at):
                stream.push("missed", "", encoded({"missed": len(stream.missed)}))
                for missed in await calls_of(self._inbox, dropped):
                    await self._tell(stream, missed, FoldedCall.of(missed.callbacks))

    def _streams_of(self, agents: Collection[str]) -> list[EventStream]:
        return [stream for stream in self._told() if not stream.calls_of.isdisjoint(agents)]

    def _told(self) -> list[EventStream]:
        return [stream for stream in self._streams if stream.begun]

    async def _tell(self, stream: EventStream, known: KnownCall, folded: FoldedCall) -> None:
        if stream.counted:
            await self._queue(stream, known, folded)
        else:
            stream.early.append((known, folded))

    async def _queue(self, stream: EventStream, known: KnownCall, folded: FoldedCall) -> None:
        call = call_for(stream.agent.own, folded)
        one = Listed(known, call, self._history.bodies.number_of(call))
        if call.call.preflight or not (call.is_own or call.rang_none):
            return
        summary = self._history.summary(one)
        is_back = await self._is_called_back(stream, summary)
        changes = stream.missed.hear(summary, is_back=is_back)
        seen = is_seen(summary, stream.missed.seen_at)
        is_over = summary.is_missed and not seen and known.root_sid not in stream.missed
        (call,) = await self._history.with_words([call])
        body = self._history.bodies.body(call, known.match, called_back=is_over, seen=seen)
        if call.is_own or call.is_missed:
            stream.push("call", known.root_sid, encoded(body))
            if known.match is None:
                self._unmatched.add(known.root_sid)
        if changes:
            stream.push("missed", "", encoded({"missed": len(stream.missed)}))

    async def _is_called_back(self, stream: EventStream, one: Summary) -> bool:
        """Whether a missed call was called back before this change of it, such as a note or a transcript."""
        if not one.is_missed or one.root_sid in stream.missed:
            return False
        if self._history.was_reached(one):
            return True
        now = datetime.now(UTC)
        if one.missed_at is None or now - one.missed_at < JUST_ENDED:
            return False
        return await self._history.is_called_back(stream.agent.own, one, now=now)

    async def _follow_agents(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._is_stopping():
                await self.close()
            if self._streams:
                await self._stay_present()
                await self._safely(self._tell_of_agents)
                await self._safely(self._tell_of_people)

    async def _tell_of_people(self) -> None:
        """Queues calls again whose person Twenty has recognised: that is not a callback."""
        if matched := await self._unmatched.matched():
            try:
                await self._tell_of(matched)
            except InboxUnavailable:
                for sid in matched:
                    self._unmatched.add(sid)
                raise

    async def _tell_of_agents(self) -> None:
        before, self._states = self._states, self._colleagues.states()
        changed = {own for own, state in self._states.items() if before and before.get(own) != state}
        changed |= {own for own in before if own not in self._states}
        if changed:
            for shows_calls, streams in self._variants().items():
                await self._tell_variant(streams, changed, calls=shows_calls)
        await self._tell_seen()

    def _variants(self) -> dict[bool, list[EventStream]]:
        """Streams grouped by what they see of colleagues: True with calls, False without."""
        sees: dict[bool, list[EventStream]] = {}
        for stream in self._streams:
            if self._colleagues.shows_others(stream.agent):
                sees.setdefault(self._colleagues.shows_calls(stream.agent), []).append(stream)
        return sees

    async def _tell_variant(
        self, streams: Sequence[EventStream], changed: Collection[Own], *, calls: bool
    ) -> None:
        bodies = await self._colleagues.as_others_see(changed, calls=calls)
        shared = {str(body["identity"]): event_text("agent", encoded(body)) for body in bodies}
        everyone, key = b"".join(shared.values()), ",".join(shared)
        for stream in streams:
            # An agent's own state is a separate event: other agents see less of it.
            if shared.keys().isdisjoint(stream.agent.own):
                stream.push_text(key, everyone)
            else:
                for identity in shared.keys() - set(stream.agent.own):
                    stream.push_text(identity, shared[identity])

    async def _tell_seen(self) -> None:
        """Sends each page its own agent's availability, and the missed calls seen on another device."""
        for stream in [one for one in self._streams if one.counted]:
            own = stream.agent.own
            data = encoded(availability_body(self._availabilities.of(own)))
            if stream.availability not in (b"", data):
                stream.push("availability", "", data)
                for body in await self._colleagues.seen_by(stream.agent, only=own):
                    stream.push("agent", str(body["identity"]), encoded(body))
            stream.availability = data
            if (seen_at := self._availabilities.seen_at(own)) and seen_at != stream.missed.seen_at:
                stream.missed.see(seen_at)
                stream.push("missed", "", encoded({"missed": len(stream.missed)}))

    async def _follow_presence(self) -> None:
        while True:
            await asyncio.sleep(PRESENT.total_seconds() / 2)
            await self._be_present(sorted(self._by_agent))

    async def _stay_present(self) -> None:
        """An agent whose page at another replica was closed is present still where one is open here."""
        if leaving := [name for name in self._by_agent if self._availabilities.leaves(name)]:
            await self._be_present(sorted(leaving))

    async def _leave(self, before: "asyncio.Task[None] | None", name: str) -> None:
        """Stores that the agent's last page is closed; the database stays open until then."""
        if before:
            await asyncio.wait([before])
        if not self._by_agent[name]:
            await self._be_present([name], present=False)

    async def _be_present(self, identities: list[str], *, present: bool = True) -> None:
        try:
            await self._availabilities.be_present(identities, present=present)
        except InboxUnavailable as error:
            log.warning("presence.not_stored", reason=str(error))

    async def _safely(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Runs `work`, logs that the database does not answer, and returns whether it did."""
        try:
            await work()
        except InboxUnavailable as error:
            log.warning("events.not_read", reason=str(error))
            return False
        return True


def _named(known: KnownCall, concerned: Mapping[str, Collection[str]]) -> set[str]:
    """The identities and the line of a call, and of its legs that did not name it."""
    sids = {known.root_sid, *(callback.call_sid for callback in known.callbacks)}
    return {agent for sid in sids for agent in concerned.get(sid, ())}
