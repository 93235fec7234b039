"""Lines come in their order, and those of one turn of the loop in one write."""

import asyncio
from io import StringIO
from threading import Event

from bridge.observability.logs import LogStream
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
