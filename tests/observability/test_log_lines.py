"""Lines come in their order, and those of one turn of the loop in one write."""

import asyncio
import os
from io import StringIO
from pathlib import Path
from threading import Event

from structlog.testing import capture_logs

from bridge.observability.logs import MOST_WAITING, LogStream
from tests.support import BOUND


class Writes(StringIO):
    """A stream that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.each: list[str] = []
        self.written = Event()

    def write(self, text: str) -> int:
        self.each.append(text)
        self.written.set()
        return len(text)


def test_at_once_where_no_loop_runs() -> None:
    stream = Writes()
    lines = LogStream(stream)
    lines.msg("one")
    lines.msg("two")
    assert stream.each == ["one\n", "two\n"]


async def test_together_at_the_end_of_a_turn() -> None:
    stream = Writes()
    lines = LogStream(stream)
    lines.msg("one")
    lines.msg("two")
    assert stream.each == []
    await asyncio.sleep(0)
    assert stream.each == ["one\ntwo\n"]


async def test_a_thread_does_not_overtake_the_loop() -> None:
    stream = Writes()
    lines = LogStream(stream)
    lines.msg("of the loop")
    # The loop does not get its turn before the thread has written.
    thread = asyncio.get_running_loop().run_in_executor(None, lines.msg, "of a thread")
    assert stream.written.wait(timeout=BOUND)
    lines.msg("of the loop again")
    await thread
    await asyncio.sleep(0)
    assert "".join(stream.each) == "of the loop\nof a thread\nof the loop again\n"


def test_nothing_waits_for_a_reader_that_stands_still() -> None:
    end, start = os.pipe()
    os.set_blocking(end, False)
    read = b""
    with os.fdopen(start, "w", encoding="utf-8") as stream, capture_logs() as told:
        lines = LogStream(stream)
        for number in range(MOST_WAITING + 2_000):
            lines.msg(f"{number} {'é' * 20}")
        while not lines.flush():
            read += os.read(end, 1 << 20)
        read += os.read(end, 1 << 20)
    os.close(end)
    numbers = [int(line.removesuffix(" " + "é" * 20)) for line in read.decode().splitlines()]
    assert numbers == sorted(numbers)
    assert numbers[-1] == MOST_WAITING + 1_999
    lost = MOST_WAITING + 2_000 - len(numbers)
    assert told == [{"event": "log.lines_lost", "lines": lost, "log_level": "warning"}]
    assert lost


def test_nor_for_a_disk_that_is_full() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        lines = LogStream(stream)
        lines.msg("one")
        assert not lines.flush()
