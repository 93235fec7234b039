"""Runs one call: sends what it asks for, lets its time pass, hands it what comes in."""

import asyncio
import time
from collections import deque
from collections.abc import Generator
from typing import Any

from bridge.sandbox.twilio.calls import Call, run_call
from bridge.sandbox.twilio.delivery import Delivered, Postman, new_token
from bridge.sandbox.twilio.effects import Command, Effect, Fetch, Fork, Notify, Reply, Request, Until
from bridge.sandbox.twilio.errors import TwimlError
from bridge.sandbox.twilio.faults import Fate, Faults
from bridge.sandbox.twilio.problems import notice_of, problem_of
from bridge.sandbox.twilio.twiml import Document

PATIENCE_SECONDS = 60.0
"""How long (really) a call that nobody in the scenario ends waits for the REST API to end it."""


class Line:
    """Where commands for a running call come in, and what time it is in it."""

    def __init__(self, at: float = 0.0) -> None:
        self._commands: deque[Command] = deque()
        self._arrived = asyncio.Event()
        self._at = at
        self._since: float | None = None

    def now(self) -> float:
        """Virtual seconds; while a call is waiting they pass as fast as real ones."""
        return self._at if self._since is None else self._at + max(1.0, time.monotonic() - self._since)

    def put(self, sid: str, step: Request | Document | None) -> None:
        """Sends a leg elsewhere, or ends it."""
        self._commands.append(Command(sid, self.now(), step))
        self._arrived.set()

    def take(self) -> Command | None:
        """The next command, if there is one."""
        return self._commands.popleft() if self._commands else None

    def reach(self, at: float) -> None:
        """The call has come to a time."""
        self._at = max(self._at, at)

    async def wait(self, seconds: float) -> Command | None:
        """Waits (really) for a command."""
        self._arrived.clear()
        self._since = time.monotonic()
        try:
            if not self._commands:
                await asyncio.wait_for(self._arrived.wait(), seconds)
        except TimeoutError:
            return None
        finally:
            self._since = None
        return self.take()


class Runner:
    """Runs one call and everything that forks off it."""

    def __init__(self, postman: Postman, faults: Faults, lines: dict[str, Line], *, real_time: bool) -> None:
        self._postman = postman
        self._faults = faults
        self._lines = lines
        self._began = time.monotonic()
        self._real_time = real_time
        self._waiting: list[tuple[Call, Notify, Fate]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, call: Call, flow: Generator[Effect, Any, None]) -> None:
        """Runs a call until it is over and everything about it is delivered or given up."""
        await self._play(call, flow)
        while self._waiting:
            await self._deliver_one_waiting()
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _play(self, call: Call, flow: Generator[Effect, Any, None]) -> None:
        line = self._lines[call.leg.sid] = Line(call.now)
        answer: Reply | Command | None = None
        try:
            while True:
                answer = await self._do(call, line, flow.send(answer))
        except StopIteration:
            pass
        finally:
            flow.close()
            self._lines.pop(call.leg.sid, None)

    async def _do(self, call: Call, line: Line, effect: Effect) -> Reply | Command | None:
        match effect:
            case Notify():
                await self._notify(call, effect)
            case Fetch():
                return await self._fetch(call, effect)
            case Until():
                return await self._pass_time(call, line, effect)
            case Fork():
                self._start(self._play(effect.call, run_call(effect.call, effect.step)))
        return None

    async def _pass_time(self, call: Call, line: Line, until: Until) -> Command | None:
        seconds = 0.0
        if self._real_time:
            seconds = self._began + until.at - time.monotonic()
        elif until.held:
            seconds = PATIENCE_SECONDS
        command = await line.wait(seconds) if seconds > 0 else line.take()
        while command is not None and call.account.calls[command.sid].is_over:
            command = line.take()
        line.reach(until.at if command is None else command.at)
        return command

    async def _fetch(self, call: Call, fetch: Fetch) -> Reply:
        delivered = _delivered(fetch)
        delivered.signed = not self._faults.draw_signature()
        call.played.deliveries.append(delivered)
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
            call.played.deliveries.append(_delivered(notify, dropped=True))
        token = new_token()
        for copy in range(fate.copies):
            delivered = _delivered(notify, token=token, duplicate=copy > 0)
            delivered.signed = not fate.bad_signature
            call.played.deliveries.append(delivered)
            if fate.delay or self._real_time:
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
