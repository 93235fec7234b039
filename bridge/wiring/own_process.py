"""Commands of this installation that the running bridge starts, in processes of their own.

What takes half a second of CPU time, in which an event loop would answer no caller, is done there, and what
takes memory that Python does not give back afterwards.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bridge.language.phrase import Phrase, phrase

MOST_BYTES = 1 << 20

NICENESS = 10
FIRST_TO_GO = "1000"
"""https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html"""


class NotRun(Exception):
    """The process did not start, or was ended; `reason` says why."""

    def __init__(self, reason: Phrase | str) -> None:
        super().__init__(reason)
        self.reason = reason


def own_module(name: str, *words: str) -> list[str]:
    """The command that runs a module of this installation."""
    # A checkout is imported from the working folder; elsewhere nothing there is.
    safe = [] if Path(__file__).parents[2] == Path.cwd() else ["-P"]
    return [sys.executable, *safe, "-m", name, *words]


async def output_of(command: Sequence[str], *, given: bytes = b"", seconds: float) -> tuple[int, bytes]:
    """The exit status of a command, and what it printed; it reads `given`. Raises NotRun."""
    process = await _started(command)
    try:
        async with asyncio.timeout(seconds):
            await _give(process, given)
            printed = await _printed(process.stdout)
            return await process.wait(), printed
    except TimeoutError:
        raise NotRun(phrase("it took longer than {seconds:g} seconds", seconds=seconds)) from None
    finally:
        await _end(process)


async def _started(command: Sequence[str]) -> Process:
    """In a session of its own: Ctrl-C at the terminal is for the bridge alone, which ends its processes."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as refused:
        raise NotRun(refused.strerror or type(refused).__name__) from None
    _yield_to_calls(process.pid)
    return process


async def _give(process: Process, given: bytes) -> None:
    """A process that ends without reading closes the pipe, and its status says more."""
    if process.stdin:
        with suppress(ConnectionError):
            process.stdin.write(given)
            await process.stdin.drain()
        process.stdin.close()


def _yield_to_calls(pid: int) -> None:
    """Calls come first: a process takes CPU time that they leave, and is the one that ends without memory."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text(FIRST_TO_GO)


async def _printed(output: asyncio.StreamReader | None) -> bytes:
    printed = bytearray()
    while output and (chunk := await output.read(MOST_BYTES)):
        printed += chunk
        if len(printed) > MOST_BYTES:
            raise NotRun(phrase("it printed more than a megabyte"))
    return bytes(printed)


async def _end(process: Process) -> None:
    """Kills a process that runs on, with those that it started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    # `wait` alone would not return while output is left unread.
    await process.communicate()
