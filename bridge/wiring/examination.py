"""Runs doctor by the bridge itself, for the status page: after the start, and then daily.

Doctor has a process of its own: its checks take half a second of CPU time, in which an event loop would
answer no caller.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from bridge.errors import DoctorNotRun
from bridge.language.phrase import phrase, phrase_of
from bridge.language.spoken import LANGUAGES, in_language
from bridge.web.status.report import Diagnosed, DiagnosedText, Diagnosis

EVERY = timedelta(days=1)
FIRST_IN = 30
"""Seconds: by then the bridge serves, and a start is not slower for it."""

LONGEST_SECONDS = 120
"""Each check has its own limit; a machine without a free core loads doctor in ten seconds."""

MOST_BYTES = 1 << 20

EXITS = (0, 1)
"""All checks passed, or one failed."""

NICENESS = 10
FIRST_TO_GO = "1000"
"""https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html"""

BY_HAND = phrase("Run twenty-bridge doctor by hand, where the bridge runs.")


class Printed(BaseModel):
    """What `doctor --json` prints."""

    checks: list[Diagnosed] = Field(min_length=1)


def doctor_command(config: Path | None) -> list[str]:
    """`twenty-bridge doctor --json` of this installation, which reads the settings as `serve` did."""
    # A checkout is imported from the working folder; elsewhere nothing there is.
    safe = [] if Path(__file__).parents[2] == Path.cwd() else ["-P"]
    named = ["--config", str(config)] if config else []
    return [sys.executable, *safe, "-m", "bridge", "doctor", "--json", *named]


class Examination:
    """`last` is what was found; each replica examines what it sees itself."""

    def __init__(self, command: Sequence[str], *, seconds: float = LONGEST_SECONDS) -> None:
        self._command = command
        self._seconds = seconds
        self.last: Diagnosis | None = None

    async def once(self, now: datetime) -> None:
        """Runs the checks. Raises DoctorNotRun, and `last` says so."""
        try:
            findings = await self._found()
        except DoctorNotRun as failed:
            self.last = Diagnosis(now, [_not_run(failed)])
            raise
        self.last = Diagnosis(now, findings)

    async def _found(self) -> list[Diagnosed]:
        process = await _started(self._command)
        try:
            async with asyncio.timeout(self._seconds):
                printed = await _printed(process.stdout)
                status = await process.wait()
        except TimeoutError:
            raise DoctorNotRun(
                phrase("it took longer than {seconds:g} seconds", seconds=self._seconds)
            ) from None
        finally:
            await _end(process)
        if status not in EXITS:
            raise DoctorNotRun(phrase("it ended with status {status}", status=status))
        try:
            return Printed.model_validate_json(printed).checks
        except ValidationError:
            raise DoctorNotRun(phrase("what it printed cannot be read")) from None


def _not_run(failed: DoctorNotRun) -> Diagnosed:
    reason = phrase_of(failed)
    translations: dict[str, DiagnosedText] = {
        language: DiagnosedText(reason=in_language(reason, language), fix=in_language(BY_HAND, language))
        for language in LANGUAGES
        if language != "en"
    }
    return Diagnosed(name="doctor", status="error", reason=reason, fix=BY_HAND, translations=translations)


async def _started(command: Sequence[str]) -> Process:
    """In a session of its own: Ctrl-C at the terminal is for the bridge alone, which ends its doctor."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as refused:
        raise DoctorNotRun(refused.strerror or type(refused).__name__) from None
    _yield_to_calls(process.pid)
    return process


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
            raise DoctorNotRun(phrase("it printed more than a megabyte"))
    return bytes(printed)


async def _end(process: Process) -> None:
    """Kills a process that runs on, with those that it started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    # `wait` alone would not return while output is left unread.
    await process.communicate()
