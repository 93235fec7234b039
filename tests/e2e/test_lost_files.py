"""Files of the database are removed under the running bridge, which is then killed: nothing is lost."""

import asyncio
from pathlib import Path

import pytest

from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.e2e.load import Load
from tests.e2e.test_kills import FEW, UNLIMITED, kept
from tests.support import eventually, new_sid

DATABASE = "bridge.db"


@pytest.mark.parametrize("names", [[DATABASE], [f"{DATABASE}-wal"], [f"{DATABASE}-shm"]], ids="-".join)
async def test_what_was_acknowledged_is_kept(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path, names: list[str]
) -> None:
    tmp_path.joinpath("config.yaml").write_text(CONFIG + UNLIMITED)
    env = environment(twilio, twenty, tmp_path)
    bridge, load = BridgeProcess(env, tmp_path), Load(twilio.auth_token, [new_sid() for _ in range(FEW)])
    await bridge.start()
    sending = asyncio.create_task(load.send(lambda: bridge.url, again=True))
    await eventually(lambda: len(load.acknowledged) >= 100)
    for name in names:
        (file,) = tmp_path.rglob(name)
        file.unlink()
    before = len(load.acknowledged)
    await eventually(lambda: len(load.acknowledged) >= before + 100)
    await bridge.kill()
    await bridge.start()
    load.stop()
    await sending
    await bridge.kill()
    assert load.acknowledged <= await kept(env["BRIDGE_DATABASE_URL"])
