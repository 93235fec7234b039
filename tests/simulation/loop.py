"""The event loop of a simulation: virtual time, several processes, and an order that a seed chooses."""

import asyncio
import signal
import sqlite3
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import islice
from random import Random
from typing import Any

from tests.simulation.clock import BOOTED, CLOCK, skew

WINDOW = 6
"""How many ready callbacks can change places."""

STEP_SECONDS = 1e-6
"""What a step takes: where no time passes, a wait for less than a clock can tell would never end."""

LOCKED_SECONDS, LOCKED_PAUSE = 4.0, 0.05
"""How long a statement waits for another process's lock, as in the bridge; how often SQLite tries."""

MOST_STEPS = 1_000_000
"""Of one run; more means that something runs in a circle."""


@dataclass(eq=False)
class Process:
    """One process of the simulated machines: what it runs is known by its context."""

    name: str
    address: str
    alive: bool = True
    frozen: bool = False
    stood: float = 0.0
    """Seconds for which it was, or is to be, frozen."""
    skew: float = 0.0
    """By how many seconds its wall clock is off."""
    held: list[asyncio.Handle] = field(default_factory=list)
    """What became ready while it was frozen."""
    signals: dict[int, Callable[[], object]] = field(default_factory=dict)
    disk_is_full: bool = False
    disk_stands_until: float = 0.0
    """Jobs of threads wait for that moment of the loop's time."""
    context: Context = field(default_factory=Context)

    def __post_init__(self) -> None:
        self.context.run(PROCESS.set, self)
        self.context.run(skew.set, lambda: self.skew)


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


def current() -> Process | None:
    """The process that runs; None is the story's teller, who sees all."""
    return PROCESS.get()


class SimulatedLoop(asyncio.BaseEventLoop):
    """Replaces loop, clock and executors.

    Callbacks of one process keep their order, but for steps of different tasks that are ready at once; where
    `shuffles` is set these, and the processes, change places.
    """

    _ready: deque[asyncio.Handle]

    def __init__(self, chance: Random, *, shuffles: bool) -> None:
        super().__init__()
        self._chance = chance
        self._shuffles = shuffles
        self._jobs: dict[object, deque[tuple[Callable[[], Any], asyncio.Future[Any] | None, Context]]] = {}
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        """By their time, then in the order in which they were set."""
        self._timers_set = 0
        self.steps = 0
        self.unhandled: list[str] = []
        self._counted: list[tuple[Process, int, Callable[[], object]]] = []
        self.tasks: dict[asyncio.Task[Any], Process | None] = {}
        """Every task with its process. Those of killed ones stay: nothing of them may ever run."""
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return BOOTED + CLOCK.now

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        return self.call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._timers_set += 1
        heappush(self._timers, (when, self._timers_set, timer))
        return timer

    def create_task(
        self, coro: Any, *, name: Any = None, context: Context | None = None, **_: object
    ) -> asyncio.Task[Any]:
        # From Python 3.14 on it can be asked to begin at once; the seed says when a task begins.
        task: asyncio.Task[Any] = super().create_task(coro, name=name, context=context)
        self.tasks[task] = current() if context is None else context.get(PROCESS)
        return task

    def tasks_of(self, process: Process) -> list[str]:
        """The names of the tasks that a process still runs."""
        return sorted(
            f"{task.get_name()} {task.get_coro()}"
            for task, owner in self.tasks.items()
            if owner is process and not task.done()
        )

    def add_signal_handler(self, sig: int, callback: Any, *args: Any) -> None:  # type: ignore[override]
        process = current()
        if process:
            process.signals[sig] = partial(callback, *args)

    def terminate(self, process: Process) -> None:
        """Sends SIGTERM."""
        process.signals[signal.SIGTERM]()

    def thaw(self, process: Process) -> None:
        """A frozen process goes on, with all that came meanwhile."""
        process.frozen = False
        self._ready.extend(process.held)
        process.held.clear()

    def at_event(self, process: Process, number: int, does: Callable[[], object]) -> None:
        """Does something at the n-th event of a process: a message that comes or goes, a job's end."""
        self._counted.append((process, number, does))

    def happened(self, process: Process | None) -> None:
        """An event of a process: what was to be done then is done, before anything hears of the event."""
        counted, self._counted = self._counted, []
        for one, number, does in counted:
            if one is not process or number > 1:
                self._counted.append((one, number - (one is process), does))
            else:
                does()

    async def subprocess_exec(self, *_: Any, **__: Any) -> Any:
        raise OSError("a simulated machine has no other programs")

    # Executors: a job runs as a whole, at a time that the seed chooses.

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self.create_future()
        if not (_is_idle_work(func) and self._chance.random() < 0.995):
            self.submit(executor or object(), partial(func, *args), future)
        return future

    def submit(self, thread: object, job: Callable[[], Any], future: asyncio.Future[Any] | None) -> None:
        """Queues a job for a simulated thread: jobs of one thread run one after the other."""
        waiting = self._jobs.setdefault(thread, deque())
        waiting.append((job, future, copy_context()))
        if len(waiting) == 1:
            self.call_later(self._work_seconds(), self._work, thread)

    def is_idle(self, thread: object) -> bool:
        """Whether a thread has no job."""
        return thread not in self._jobs

    def carry_out(self, job: Callable[[], Any], future: asyncio.Future[Any] | None) -> None:
        """Does a job at once, as one that takes no time."""
        _resolve(future, *_outcome(job))

    def _work_seconds(self) -> float:
        process, slow = current(), self._chance.random() < 0.03
        stands = max(0.0, process.disk_stands_until - self.time()) if process else 0.0
        return stands + (self._chance.uniform(0.05, 0.6) if slow else self._chance.uniform(0.0001, 0.003))

    def _work(self, thread: object, waited: float = 0.0) -> None:
        job, future, context = self._jobs[thread][0]
        result, failure = _outcome(job)
        if _is_locked(failure) and waited < LOCKED_SECONDS:
            # Another process writes: SQLite tries again, and keeps its thread meanwhile.
            self.call_later(LOCKED_PAUSE, self._work, thread, waited + LOCKED_PAUSE)
            return
        self._jobs[thread].popleft()
        self.happened(current())
        # The job is done; that it is, arrives later: in between the process can end.
        self.call_later(self._chance.uniform(0, 0.0005), _resolve, future, result, failure, context=context)
        if self._jobs[thread]:
            follows = self._jobs[thread][0][2]
            self.call_later(self._work_seconds(), self._work, thread, context=follows)
        else:
            del self._jobs[thread]

    # The order of things.

    def _run_once(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise RuntimeError(f"more than {MOST_STEPS:,} steps: something runs in a circle")
        CLOCK.now += STEP_SECONDS
        self._take_due()
        while not self._ready:
            CLOCK.now = max(CLOCK.now, self._timers[0][0] - BOOTED)
            self._take_due()
        handle = self._chosen()
        process = _process_of(handle)
        if handle.cancelled() or (process and not process.alive):
            return
        if process and process.frozen:
            process.held.append(handle)
            return
        handle._run()

    def _take_due(self) -> None:
        timers = self._timers
        end = BOOTED + CLOCK.now + 1e-9
        while timers and timers[0][0] <= end:
            timer = heappop(timers)[2]
            if not timer.cancelled():
                self._ready.append(timer)

    def _chosen(self) -> asyncio.Handle:
        ready = self._ready
        if not self._shuffles or len(ready) == 1:
            return ready.popleft()
        index = self._chance.choice(_options(ready))
        ready.rotate(-index)
        handle = ready.popleft()
        ready.rotate(index)
        return handle

    def _note(self, _loop: asyncio.AbstractEventLoop, what: dict[str, Any]) -> None:
        self.unhandled.append(f"{what.get('message')}: {what.get('exception')!r}")

    def _process_events(self, _events: Any) -> None:
        """There is no selector."""

    def _write_to_self(self) -> None:
        """There is nothing to wake."""


def _options(ready: deque[asyncio.Handle]) -> list[int]:
    """Which of the ready callbacks can come next: a step of a task passes other steps, nothing else."""
    options, begun, barred = [], set(), set()
    for index, handle in enumerate(islice(ready, WINDOW)):
        process = _process_of(handle)
        if process in barred:
            continue
        is_step = isinstance(getattr(getattr(handle, "_callback", None), "__self__", None), asyncio.Task)
        if is_step or process not in begun:
            options.append(index)
        begun.add(process)
        if not is_step:
            barred.add(process)
    return options


def _is_idle_work(func: Callable[..., Any]) -> bool:
    """Whether a job concerns no call, and is too long for most runs: comparing schemas takes half of one."""
    asked = func.args[0] if isinstance(func, partial) and func.args else func
    return getattr(asked, "__name__", "") == "drifts"


def _process_of(handle: asyncio.Handle) -> Process | None:
    context: Any = getattr(handle, "_context", None)
    process: Process | None = context.get(PROCESS)
    return process


def _is_locked(failure: BaseException | None) -> bool:
    return isinstance(failure, sqlite3.OperationalError) and "locked" in str(failure)


def _outcome(job: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return job(), None
    except Exception as failure:
        return None, failure


def _resolve(future: asyncio.Future[Any] | None, result: Any, failure: BaseException | None) -> None:
    if future is None or future.done():
        return
    if failure:
        future.set_exception(failure)
    else:
        future.set_result(result)
