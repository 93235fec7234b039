"""Runs one call: sends what it asks for, lets its time pass, hands it what comes in."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal, TypeAlias

from bridge.sandbox.twilio.calls import Call, run_call
from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.delivery import Postman, new_token
from bridge.sandbox.twilio.effects import (
    Act,
    Came,
    Command,
    Effect,
    Fetch,
    Fork,
    Moved,
    Notify,
    Reply,
    Request,
    Until,
    Wake,
    Woken,
)
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.faults import Fate, Faults
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.problems import notice_of, problem_of
from bridge.sandbox.twilio.twiml import Document

Tell: TypeAlias = Callable[[Leg], Awaitable[None]]
"""Tells the device of a leg, if it has one, that the leg has a new status."""

PATIENCE_SECONDS = 60.0
"""How long (really) a call that no party of the scenario ends waits for the REST API to end it."""


class Line:
    """What comes in for a running call, and what time it is in it."""

    def __init__(self, at: float = 0.0) -> None:
        self._came: deque[Came | Notify] = deque()
        self._woken = asyncio.Event()
        self._at = at
        self._began = time.monotonic() - at
        self._since: float | None = None
        self._is_live = False

    def now(self) -> float:
        """Virtual seconds; while a call is waiting they pass as fast as real ones, and one at least."""
        if self._is_live:
            return max(self._at, time.monotonic() - self._began)
        return self._at if self._since is None else self._at + max(1.0, time.monotonic() - self._since)

    @property
    def reached(self) -> float:
        """The time that the call itself has come to."""
        return self._at

    def put(self, sid: str, step: Request | Document | None) -> None:
        """Sends a leg elsewhere, or ends it."""
        self._came.append(Command(sid, self.now(), step))
        self._woken.set()

    def act(self, sid: str, does: Literal["answers", "rejects", "presses"], digits: str = "") -> None:
        """What the device of a leg does."""
        self._came.append(Act(sid, self.now(), does, digits))
        self._woken.set()

    def wake(self, sid: str) -> None:
        """The conference that a leg is in has changed."""
        self._came.append(Woken(sid, self.now()))
        self._woken.set()

    def tell(self, request: Request) -> None:
        """Sends a callback about a leg, after what came in before."""
        self._came.append(Notify(self.now(), request))
        self._woken.set()

    def skip(self, seconds: float) -> None:
        """Lets so many seconds pass at once of a call that is live, or waits for the REST API."""
        self._began -= seconds
        if not self._is_live:
            self._at += seconds
        self._woken.set()

    def take(self) -> Came | Notify | None:
        """The next that came in, if there is one."""
        return self._came.popleft() if self._came else None

    def reach(self, at: float, *, live: bool) -> None:
        """The call has come to a time; one that is not live has jumped there."""
        self._is_live = live
        self._at = max(self._at, at)
        if not live:
            self._began = time.monotonic() - self._at

    async def wait(self, seconds: float) -> Came | Notify | None:
        """Waits (really) for what comes in."""
        self._is_live = False
        ends_at = time.monotonic() + seconds
        return await self._next(lambda: ends_at - time.monotonic())

    async def wait_until(self, at: float) -> Came | Notify | None:
        """Waits for what comes in, until it is a time of the call."""
        self._is_live = True
        return await self._next(lambda: self._began + at - time.monotonic())

    async def _next(self, left: Callable[[], float]) -> Came | Notify | None:
        self._since = time.monotonic()
        while not self._came and (seconds := left()) > 0:
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
        self._since = None
        return self.take()


class Runner:
    """Runs one call and everything that forks off it."""

    def __init__(
        self, postman: Postman, faults: Faults, lines: dict[str, Line], *, tell: Tell, real_time: bool
    ) -> None:
        self._postman = postman
        self._faults = faults
        self._lines = lines
        self._tell = tell
        self._real_time = real_time
        self._waiting: list[tuple[Call, Notify, Fate]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, call: Call, flow: Generator[Effect, Any, None]) -> None:
        """Runs a call until it is over and everything about it is delivered or given up."""
        try:
            await self._play(call, flow, self._open(call))
            while self._waiting or self._tasks:
                while self._waiting:
                    await self._deliver_one_waiting()
                await join(self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()

    def _open(self, call: Call) -> Line:
        line = self._lines[call.leg.sid] = Line(call.now)
        return line

    async def _play(self, call: Call, flow: Generator[Effect, Any, None], line: Line) -> None:
        answer: Reply | Came | None = None
        try:
            while True:
                answer = await self._do(call, line, flow.send(answer))
        except StopIteration:
            pass
        finally:
            flow.close()
            self._lines.pop(call.leg.sid, None)
        while (left := line.take()) is not None:
            if isinstance(left, Notify):
                await self._notify(call, left)

    async def _do(self, call: Call, line: Line, effect: Effect) -> Reply | Came | None:
        match effect:
            case Moved():
                await self._tell(effect.leg)
            case Notify():
                await self._notify(call, effect)
            case Fetch():
                return await self._fetch(call, effect)
            case Until():
                return await self._pass_time(call, line, effect)
            case Fork():
                forked = effect.call
                self._start(self._play(forked, run_call(forked, effect.step), self._open(forked)))
            case Wake():
                wake(self._lines, effect.legs)
        return None

    async def _pass_time(self, call: Call, line: Line, until: Until) -> Came | None:
        live = until.live or self._real_time
        while True:
            if live:
                came = await line.wait_until(until.at)
            else:
                came = await line.wait(PATIENCE_SECONDS if until.held else 0)
            line.reach(until.at if came is None else came.at, live=live)
            if isinstance(came, Notify):
                await self._notify(call, came)
            elif came is None or not call.account.calls[came.sid].is_over:
                return came

    async def _fetch(self, call: Call, fetch: Fetch) -> Reply:
        delivered = _delivered(fetch)
        delivered.signed = not self._faults.draw_signature()
        _log(call, delivered)
        await self._postman.send(fetch.request, delivered)
        if problem := problem_of(delivered):
            return Reply(error=TwimlError(*problem))
        return Reply(delivered.content_type, delivered.body)

    async def _notify(self, call: Call, notify: Notify) -> None:
        self._waiting.append((call, notify, self._faults.draw()))
        while self._waiting and not self._faults.overtaken():
            await self._deliver_one_waiting()

    async def _deliver_one_waiting(self) -> None:
        call, notify, fate = self._waiting.pop(self._faults.pick(len(self._waiting)))
        if not fate.copies:
            _log(call, _delivered(notify, dropped=True))
        token = new_token()
        for copy in range(fate.copies):
            delivered = _delivered(notify, token=token, duplicate=copy > 0)
            delivered.signed = not fate.bad_signature
            _log(call, delivered)
            if fate.delay or self._real_time or call.live:
                self._start(self._deliver(call, notify, delivered, fate.delay))
            else:
                await self._deliver(call, notify, delivered, 0)

    async def _deliver(self, call: Call, notify: Notify, delivered: Delivered, delay: float) -> None:
        if delay:
            await asyncio.sleep(delay)
        await self._postman.send(notify.request, delivered)
        if notice := notice_of(delivered):
            call.warn(*notice)

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def join(tasks: set[asyncio.Task[None]]) -> None:
    """Waits for all of these tasks and takes them out of the set; raises what one of them raises.

    That a task takes itself out when it is done is not enough for who asks again until none is
    left: from Python 3.12 on gather() of tasks that are done returns without a turn of the event
    loop, so that their callbacks never run.
    """
    waited = [*tasks]
    await asyncio.gather(*waited)
    tasks.difference_update(waited)


def wake(lines: Mapping[str, Line], legs: Iterable[Leg]) -> None:
    """The conference of these legs has changed: those in it look for themselves, those that ring stop."""
    for leg in legs:
        if (line := lines.get(leg.sid)) is None:
            continue
        if leg.answered_at is None:
            line.put(leg.sid, None)
        else:
            line.wake(leg.sid)


def _log(call: Call, delivered: Delivered) -> None:
    """Puts a request on the call's list, and on that of the leg which it is about."""
    call.played.deliveries.append(delivered)
    call.account.log(delivered)


def _delivered(
    effect: Fetch | Notify, *, token: str = "", dropped: bool = False, duplicate: bool = False
) -> Delivered:
    request = effect.request
    return Delivered(
        kind=request.kind,
        url=request.webhook.url,
        params=request.params,
        at=effect.at,
        method=request.webhook.method,
        token=token or new_token(),
        dropped=dropped,
        duplicate=duplicate,
    )
