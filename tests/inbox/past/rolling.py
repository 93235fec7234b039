"""Rolling upgrades under load, from commits to this version: python -m tests.inbox.past.rolling [COMMIT …]

On PostgreSQL two replicas of the commit take callbacks; each is stopped and started as this version, so that
this version migrates while the other one still stores and drains. On SQLite the one process is replaced.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from bridge.demo.bridge import environment
from bridge.demo.process import BridgeProcess
from bridge.inbox.database import connect
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twilio import twilio_sandbox
from tests.e2e.balancer import balancer
from tests.e2e.load import Load, on_timelines, shown
from tests.inbox.past.code import ROOT, Code, code_of, git, last_commits
from tests.inbox.past.story import CONFIG
from tests.postgres import Postgres, postgres
from tests.support import create_person, eventually, new_sid, until

CALLS = 100_000
"""More than are sent while the processes are replaced."""
SOME = 200
"""Callbacks that are acknowledged between two steps."""

Replacing = Callable[[Code, Mapping[str, str], Path, Load], AsyncIterator[tuple[str, Counter[str]]]]


def begins() -> list[str]:
    """Where none is named: before the simulation began, the last release, and three earlier databases."""
    simulation = git("log", "--format=%H", "--", "tests/simulation").splitlines()[-1]
    tags = git("tag", "--sort=creatordate").splitlines()[-1:]
    return [f"{simulation}^", *tags, *(last_commits()[revision] for revision in ("0001", "0009", "0014"))]


async def main(commits: list[str]) -> None:
    """Prints a line for each upgrade; raises AssertionError where something is lost, twice or parked."""
    with postgres() as server:
        for commit in commits or begins():
            code = code_of(commit, ROOT / ".venv" / "past")
            for kind in ("postgresql", "sqlite"):
                told = await tried(code, kind, server)
                sys.stdout.write(f"{git('rev-parse', '--short', commit)} {kind}: {told}\n")
                sys.stdout.flush()


async def tried(code: Code, kind: str, server: Postgres) -> str:
    """Upgrades under load; what was sent, in words."""
    async with twilio_sandbox() as twilio, twenty_sandbox(provisioned=True, rate_limit=False) as twenty:
        with TemporaryDirectory(prefix="rolling-") as name:
            folder = Path(name)
            folder.joinpath("config.yaml").write_text(CONFIG)
            env = environment(twilio, twenty, folder)
            if kind == "postgresql":
                env["BRIDGE_DATABASE_URL"] = server.url(server.create_database())
            await create_person(twenty, "Jane Doe", primaryPhoneNumber="+33612345678")
            load = Load(env["TWILIO_AUTH_TOKEN"], [new_sid() for _ in range(CALLS)])
            upgrade = replicas_upgraded if kind == "postgresql" else file_upgraded
            async with upgrade(code, env, folder, load):
                await until(lambda: _whole(twenty, load), AssertionError, within=120)
                parked = await _count(env["BRIDGE_DATABASE_URL"], "parked_reason IS NOT NULL")
                assert parked == 0, parked
            sent = f"{len(load.acknowledged)} callbacks of {len(load.wanted())} calls"
            return f"{sent}; refused, and sent again: {dict(load.refused)}"


async def _whole(twenty: TwentySandbox, load: Load) -> None:
    """Each call that was acknowledged wholly is in Twenty, once, and once on a timeline."""
    assert await shown(twenty) == load.wanted()
    rows = await on_timelines(twenty)
    assert len(rows) == len(set(rows)) == len(load.wanted())


async def _count(url: str, condition: str) -> int:
    database = connect(url)
    try:
        async with database.reading.connect() as connection:
            found = await connection.execute(text(f"SELECT COUNT(*) FROM calls WHERE {condition}"))
            return int(found.scalar_one())
    finally:
        await database.close()


@asynccontextmanager
async def replicas_upgraded(
    code: Code, env: Mapping[str, str], folder: Path, load: Load
) -> AsyncIterator[None]:
    """Two replicas, one after the other. A 502 or 503 is sent again, as Twilio does."""
    olds = [code.process(env, folder, folder / f"old-{number}.log") for number in range(2)]
    news: list[BridgeProcess] = []
    for old in olds:
        await old.start()
    async with balancer(lambda: [one.url for one in [*olds, *news] if one.url]) as (url, answered):
        sending = asyncio.create_task(load.send(lambda: url, again=True))
        for number, old in enumerate(olds):
            await _more(load)
            new = BridgeProcess(env, folder, folder / f"new-{number}.log")
            await new.start()
            news.append(new)
            # Now the old one and the new one are side by side, on tables that the new one migrated.
            await _more(load)
            await old.stop()
        await _more(load)
        load.stop()
        await sending
    assert {reason[:3] for reason in load.refused} <= {"502", "503"}, load.refused
    assert len(answered) == 4, answered
    try:
        yield
    finally:
        for new in news:
            await new.stop()


@asynccontextmanager
async def file_upgraded(code: Code, env: Mapping[str, str], folder: Path, load: Load) -> AsyncIterator[None]:
    """One process, killed and stopped; what is refused meanwhile is sent again."""
    old, new = code.process(env, folder, folder / "old.log"), BridgeProcess(env, folder, folder / "new.log")
    here = [old]
    await old.start()
    sending = asyncio.create_task(load.send(lambda: here[0].url, again=True))
    await _more(load)
    await old.kill()
    await old.start()
    await _more(load)
    await old.stop()
    await new.start()
    here[0] = new
    await _more(load)
    load.stop()
    await sending
    try:
        yield
    finally:
        await new.stop()


def _more(load: Load) -> Awaitable[None]:
    before = len(load.acknowledged)
    return eventually(lambda: len(load.acknowledged) > before + SOME)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
