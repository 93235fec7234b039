"""When the worker drains: after news at once, else each few seconds, and after failures ever later."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.errors import BridgeError, Standby, TwentyDenied, TwentyFailed, TwentyUnavailable
from bridge.sync.rounds import Rounds
from bridge.sync.worker import Worker
from tests.virtual_time import run

SIZE = 3
"""Calls of a whole batch."""

AWAY, ANSWERS = TwentyUnavailable("down"), TwentyFailed("unknown code")
WAITS, STOPS = Standby("another process drains"), "stop"


@dataclass
class Stages:
    """In the place of a pipeline: each batch ends as it is scripted; the last stops the worker."""

    script: Sequence[int | Exception | str]
    size: int = SIZE
    at: list[float] = field(default_factory=list)
    """When a batch was begun, in seconds."""
    happened: list[str] = field(default_factory=list)
    states: list[tuple[str | None, bool]] = field(default_factory=list)
    """Reason of the worker, and whether an operator has to act, as each batch began."""
    worker: Any = None

    @property
    def writing(self) -> "Stages":
        return self

    async def lead(self) -> None:
        self.at.append(asyncio.get_running_loop().time())
        self.states.append((self.worker.reason, self.worker.needs_operator))
        if self._next is WAITS:
            raise WAITS

    async def begin(self) -> None:
        self.happened.append("begun")

    async def once(self) -> int:
        match self._next:
            case Exception() as error:
                raise error
            case int(calls):
                return calls
        self.worker.stop()
        return 0

    @property
    def _next(self) -> int | Exception | str:
        return self.script[len(self.at) - 1]

    def is_through(self) -> None:
        self.happened.append("through")

    def forget_schema(self) -> None:
        self.happened.append("schema forgotten")

    def take_over(self) -> None:
        self.happened.append("to take over")


@dataclass
class Inbox:
    """What a worker needs of one."""

    news: asyncio.Event = field(default_factory=asyncio.Event)


def drained(*script: int | Exception | str, later: Sequence[tuple[float, str]] = ()) -> tuple[Stages, float]:
    """The stages after a run, and when it ended; `later` has what happens at a time: news, or a stop."""
    stages, ends = Stages(script), list[float]()

    async def main() -> None:
        inbox, loop = Inbox(), asyncio.get_running_loop()
        worker = Worker(inbox, stages, lead=stages.lead)  # type: ignore[arg-type]
        stages.worker = worker
        for at, what in later:
            loop.call_at(at, inbox.news.set if what == "news" else worker.stop)
        await worker.run()
        ends.append(loop.time())

    run(main())
    return stages, ends[0]


@pytest.mark.parametrize(
    ("script", "at"),
    [
        # A whole batch is followed by the next, less than one by a look after five seconds.
        ([SIZE, SIZE - 1, 0, STOPS], [0, 0, 5, 10]),
        # Pauses double up to a minute, or five seconds while Twenty answers.
        ([AWAY] * 9 + [STOPS], [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]),
        ([ANSWERS] * 5 + [STOPS], [0, 1, 3, 7, 12, 17]),
        # A batch that is through, and a time as stand-by, begin anew.
        ([AWAY, AWAY, SIZE, AWAY, STOPS], [0, 1, 3, 3, 4]),
        ([AWAY, AWAY, WAITS, WAITS, AWAY, STOPS], [0, 1, 3, 4, 5, 6]),
    ],
)
def test_when_batches_are_begun(script: list[int | Exception | str], at: list[float]) -> None:
    assert drained(*script)[0].at == at


@pytest.mark.parametrize(
    ("last", "later", "at", "end"),
    [
        # News while it waits for some; those of before were asked for by then.
        (0, [(2, "news"), (4, "stop")], [0, 2], 4),
        (0, [(12, "stop")], [0, 5, 10], 12),
        # News are no reason to ask a Twenty that is away; to be stopped is one to end.
        (AWAY, [(0.5, "news"), (2.5, "stop")], [0, 1], 2.5),
        (WAITS, [(0.5, "news"), (2.5, "stop")], [0, 1, 2], 2.5),
    ],
)
def test_news_and_a_stop_end_a_pause(
    last: int | Exception, later: list[tuple[float, str]], at: list[float], end: float
) -> None:
    stages, ended = drained(*[last] * 4, later=later)
    assert (stages.at, ended) == (at, end)


def test_why_nothing_is_drained() -> None:
    denied = TwentyDenied("no right", code="twenty.forbidden")
    stages, _ = drained(denied, AWAY, ValueError("a bug"), SIZE, denied, WAITS, WAITS, SIZE, STOPS)
    assert stages.states == [
        (None, False),
        ("twenty.forbidden", True),
        ("twenty.unavailable", False),
        (BridgeError.code, True),
        (None, False),
        ("twenty.forbidden", True),
        (WAITS.code, False),
        (WAITS.code, False),
        (None, False),
    ]
    failed, through = ["begun", "schema forgotten"], ["begun", "through"]
    expected = [*failed * 3, *through, *failed, "to take over", *through, *through]
    assert stages.happened == expected


def test_what_is_reported_of_pauses() -> None:
    denied = TwentyDenied("no right", code="twenty.forbidden")
    with capture_logs() as logged:
        drained(denied, AWAY, ValueError("a bug"), SIZE, SIZE, WAITS, WAITS, SIZE, STOPS)

    def waits(level: str, reason: str, error: str, seconds: float) -> dict[str, Any]:
        said = {"reason": reason, "error": error, "seconds": seconds}
        return {"event": "worker.waits", "log_level": level, **said}

    unexpected = "unexpected error; see the traceback"
    assert logged == [
        waits("error", "twenty.forbidden", "no right", 1.0),
        waits("warning", "twenty.unavailable", "down", 2.0),
        {"event": "worker.failed", "log_level": "error", "exc_info": True},
        waits("error", BridgeError.code, unexpected, 4.0),
        # Once each: that it drains again, and that it is another replica's turn.
        {"event": "worker.drains", "log_level": "info", "after": BridgeError.code},
        {"event": "worker.stands_by", "log_level": "info", "reason": str(WAITS)},
        {"event": "worker.drains", "log_level": "info", "after": WAITS.code},
    ]


def test_a_job_has_its_first_round_after_the_start_and_its_next_after_its_time() -> None:
    at: list[float] = []

    async def lead() -> None:
        """It is this process's turn."""

    async def do(_now: object) -> None:
        at.append(asyncio.get_running_loop().time())

    async def main() -> None:
        rounds = Rounds("a test", do, every=timedelta(minutes=10), lead=lead)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1500):
                await rounds.run()

    run(main())
    assert at == [3, 603, 1203]
