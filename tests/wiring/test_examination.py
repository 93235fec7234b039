"""The bridge runs doctor in a process of its own, and takes nothing from it but findings."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.errors import DoctorNotRun
from bridge.wiring.examination import Examination, doctor_command
from tests.cpu_time import short
from tests.support import BOUND, TEN

FINDING = {"name": "a.check", "status": "warning", "reason": "So it is.", "fix": "Fix it."}


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


async def test_doctor_reads_the_settings_that_the_bridge_was_started_with(tmp_path: Path) -> None:
    config = tmp_path / "other.yaml"
    config.write_text("server: {prot: 8080}\n")
    examination = Examination(doctor_command(config))
    began, unit = time.process_time(), short()
    await examination.once(TEN)
    # The checks take fifty times as long, and their imports a hundred times.
    assert time.process_time() - began < 20 * unit
    assert examination.last
    assert examination.last.at == TEN
    assert any("server.prot" in one.reason for one in examination.last.findings)


def test_elsewhere_than_in_a_checkout_nothing_of_the_working_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert doctor_command(None) == [sys.executable, "-P", "-m", "bridge", "doctor", "--json"]


async def test_findings_are_taken_whether_a_check_failed_or_not() -> None:
    for status in (0, 1):
        printed = json.dumps({"checks": [FINDING]})
        examination = Examination(python(f"print({printed!r}); raise SystemExit({status})"))
        await examination.once(TEN)
        assert examination.last
        (found,) = examination.last.findings
        assert (found.name, found.status, found.reason, found.fix) == tuple(FINDING.values())


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (python("print('All is well.')"), "what it printed cannot be read"),
        (python("raise KeyError"), "what it printed cannot be read"),
        (python("""print('{"checks": []}')"""), "what it printed cannot be read"),
        (python(f"print({json.dumps({'checks': [FINDING | {'status': 'fine'}]})!r})"), "cannot be read"),
        (python("raise SystemExit(2)"), "it ended with status 2"),
        (python("import os; os.kill(os.getpid(), 9)"), "it ended with status -9"),
        (python("while True: print('x' * 100_000)"), "it printed more than a megabyte"),
        (["/no/such/python"], "No such file or directory"),
    ],
)
async def test_what_gives_no_findings_is_itself_a_finding(command: list[str], why: str) -> None:
    examination = Examination(command)
    with pytest.raises(DoctorNotRun, match=why):
        await examination.once(TEN)
    assert examination.last
    (found,) = examination.last.findings
    assert (found.name, found.status) == ("doctor", "error")
    assert found.reason.startswith("doctor could not be run: ")
    french = found.translations["fr"]
    assert french.reason.startswith("doctor n'a pas pu être lancé : ")
    assert french.fix.startswith("Lancez twenty-bridge doctor")


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[str, asyncio.Event, asyncio.Event]]:
    """A script of two processes that run on; when they are there, and when both are gone."""
    there, gone = asyncio.Event(), asyncio.Event()

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.set()
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(until_gone, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connects = f"import os, socket; there = socket.create_connection(('127.0.0.1', {port}))"
    async with server:
        yield f"{connects}; os.fork(); there.recv(1)", there, gone


async def test_a_bridge_that_ends_ends_its_doctor() -> None:
    async with connected() as (script, there, gone), asyncio.timeout(BOUND):
        examining = asyncio.create_task(Examination(python(script)).once(TEN))
        await there.wait()
        examining.cancel()
        with pytest.raises(asyncio.CancelledError):
            await examining
        await gone.wait()


async def test_a_doctor_that_takes_too_long_is_ended() -> None:
    async with connected() as (script, there, gone), asyncio.timeout(BOUND):
        examination = Examination(python(script), seconds=3)
        with pytest.raises(DoctorNotRun, match="longer than 3 seconds"):
            await examination.once(TEN)
        if there.is_set():
            await gone.wait()


async def test_calls_come_first() -> None:
    waits = "import os, time\nwhile os.nice(0) < 10: time.sleep(0.01)\n"
    examination = Examination(python(f"{waits}print({json.dumps({'checks': [FINDING]})!r})"), seconds=30)
    await examination.once(TEN)
