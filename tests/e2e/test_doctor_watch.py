"""`doctor --watch`: the status page of the running bridge, as text, until Ctrl-C."""

import asyncio
import os
import pty
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bridge.cli import app
from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.support import BOUND


@pytest.fixture
async def bridge(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> AsyncIterator[BridgeProcess]:
    folder = tmp_path / "bridge"
    folder.mkdir(mode=0o700)
    folder.joinpath("config.yaml").write_text(CONFIG)
    bridge = BridgeProcess(environment(twilio, twenty, folder), folder)
    try:
        await bridge.start()
        yield bridge
    finally:
        await bridge.stop()


async def watching(
    bridge: BridgeProcess, *options: str, onto: int = PIPE, **environment: str
) -> asyncio.subprocess.Process:
    """`doctor --watch`."""
    _, _, port = bridge.url.rpartition(":")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", *options, "doctor", "--watch"),
        env={**bridge.env, "BRIDGE_PORT": port, **environment},
        cwd=bridge.folder,
        stdin=DEVNULL,
        stdout=onto,
        stderr=PIPE,
    )


async def shown_until(process: asyncio.subprocess.Process, text: str) -> str:
    """What it prints, up to the line with that text."""
    shown = ""
    async with asyncio.timeout(BOUND):
        while process.stdout and text not in shown and (line := await process.stdout.readline()):
            shown += line.decode()
    return shown


async def interrupted(process: asyncio.subprocess.Process) -> int:
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(BOUND):
        return await process.wait()


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "Status of the phone bridge",
                "Calls are written to Twenty.",
                "Today's calls",
                "What doctor found",
            ],
        ),
        (
            "fr",
            [
                "État de la passerelle téléphonique",
                "Les appels sont écrits dans Twenty.",
                "Appels du jour",
                "Ce que doctor a trouvé",
            ],
        ),
    ],
)
async def test_into_a_pipe_it_is_lines_and_ctrl_c_ends_it(
    bridge: BridgeProcess, language: str, lines: list[str]
) -> None:
    process = await watching(bridge, "--language", language)
    shown = await shown_until(process, lines[-1])
    assert all(line in shown for line in lines), shown
    assert "alice  " in shown
    assert "\x1b" not in shown
    assert await interrupted(process) == 130
    assert (await process.communicate())[1] == b""


async def test_a_bridge_that_is_away_or_has_other_settings_is_named(bridge: BridgeProcess) -> None:
    away = await watching(bridge, BRIDGE_PORT="1")
    assert away.stdout
    assert (await away.stdout.readline()).decode() == (
        "No bridge answers at http://127.0.0.1:1: Connection refused.\n"
    )
    other = await watching(bridge, TWILIO_API_SECRET="of-another-bridge")
    assert other.stdout
    assert (await other.stdout.readline()).startswith(b"The running bridge was started with settings other")
    assert [await interrupted(one) for one in (away, other)] == [130, 130]


async def test_at_a_terminal_it_is_drawn_in_place(bridge: BridgeProcess) -> None:
    controller, terminal = pty.openpty()
    process = await watching(bridge, onto=terminal, TERM="xterm", COLUMNS="120", LINES="60")
    os.close(terminal)
    shown = ""
    async with asyncio.timeout(BOUND):
        while "What doctor found" not in shown:
            shown += (await asyncio.to_thread(os.read, controller, 4096)).decode(errors="replace")
    assert await interrupted(process) == 130
    os.close(controller)


def test_it_takes_nothing_else() -> None:
    done = CliRunner().invoke(app, ["doctor", "twenty", "--watch"])
    assert done.exit_code == 2
    assert "--watch shows the whole page" in done.output
