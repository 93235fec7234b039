"""What an operator does, and does wrong, on the command line."""

import asyncio
import sys

from bridge.demo.process import BridgeProcess, run_to_end
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.support import create_person, eventually, phone_calls, settled

JANE = "+33612345678"


SLIPS = [
    ({"BRIDGE_PORT": "TAKEN"}, "Cannot listen on 127.0.0.1:"),
    ({"BRIDGE_METRICS_PORT": "TAKEN"}, "(metrics.host and metrics.port, or BRIDGE_METRICS_HOST and"),
    ({"BRIDGE_PORT": "TAKEN", "BRIDGE_METRICS_PORT": "TAKEN"}, "(server.host and server.port, or BRIDGE_"),
    ({"BRIDGE_HOST": "300.1.1.1"}, "Cannot listen on 300.1.1.1:"),
    ({"BRIDGE_DATABASE_URL": "sqlite+aiosqlite:////proc/nope/bridge.db"}, "cannot be created"),
]


async def test_a_start_that_fails_ends_in_a_sentence(bridge: BridgeProcess) -> None:
    taken = bridge.url.rsplit(":", 1)[1]
    # One process serves a SQLite file: this is another's.
    another = {"BRIDGE_DATABASE_URL": "sqlite+aiosqlite:///another.db"}
    for change, said in SLIPS:
        env = {**bridge.env, **another, **{k: v.replace("TAKEN", taken) for k, v in change.items()}}
        status, told = await run_to_end("serve", env=env, folder=bridge.folder)
        assert (status, said in told, "Traceback" in told) == (2, True, False), told


async def test_relink_on_the_command_line(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    twilio.parties[JANE] = Party.answers(talks=60)
    played = await twilio.call_from_browser("alice", JANE)
    database = bridge.folder / "bridge.db"
    await eventually(lambda: settled(database))
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "calls", "relink"),
        env=bridge.env,
        cwd=bridge.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await command.communicate()
    assert told.decode().strip() == "1 call will be matched anew."
    await eventually(lambda: settled(database))
    assert (await phone_calls(twenty))[played.sid]["personId"] == jane
