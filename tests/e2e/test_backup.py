"""docs/how-to/backup.md and upgrade.md: what they promise, on a bridge that runs."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.demo.bridge import fetch_token, known_to
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.e2e.test_calls import until_finished
from tests.support import ask, create_person, eventually, phone_calls, settled

JANE = "+33612345678"
CORRECT = (
    "mutation ($id: UUID!, $person: UUID) { updatePhoneCall(id: $id, data: {personId: $person}) { id } }"
)
DELETE = "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }"
IDS = "{ phoneCalls(first: 1000) { edges { node { id externalCallId personId } } } }"


def back_up(database: Path, to: Path) -> None:
    """As the page says."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"VACUUM INTO '{to}'")


def put_back(backup: Path, database: Path) -> None:
    """As the page says; the bridge is stopped."""
    for file in database.parent.glob(f"{database.name}*"):
        file.rename(file.with_suffix(f"{file.suffix}.broken"))
    shutil.copy(backup, database)


async def shown(twenty: TwentySandbox) -> dict[str, dict[str, Any]]:
    """Call SID → id and person."""
    edges = (await ask(twenty, IDS))["phoneCalls"]["edges"]
    return {edge["node"]["externalCallId"]: edge["node"] for edge in edges}


async def test_what_came_after_the_backup_comes_back(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    database, backup = bridge.folder / "bridge.db", bridge.folder / "backup.db"
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    john = await create_person(twenty, "John Doe", primaryPhoneNumber="+33612345699")
    twilio.parties[JANE] = Party.answers(talks=30)
    # Reconciliation leaves what has just ended to its webhooks.
    twilio.start = datetime.now(UTC) - timedelta(minutes=10)
    token = await fetch_token(bridge.url, "alice")
    before = await twilio.call_from_token(token, JANE)
    await until_finished(twenty, {before.sid})
    writing = asyncio.create_task(twilio.call_from_token(token, JANE))
    await asyncio.to_thread(back_up, database, backup)
    after = await writing
    deleted = await twilio.call_from_token(token, JANE)
    first = await until_finished(twenty, {before.sid, after.sid, deleted.sid})
    ids = {sid: one["id"] for sid, one in (await shown(twenty)).items()}
    await eventually(lambda: settled(database))
    await ask(twenty, CORRECT, id=ids[after.sid], person=john)
    await ask(twenty, DELETE, id=ids[deleted.sid])

    await bridge.stop()
    put_back(backup, database)
    await bridge.start()
    known_to(twilio, listens_on=bridge.url)

    # Twenty shows them all along: what has come back is what the inbox knows.
    await eventually(lambda: {before.sid, after.sid, deleted.sid} <= known(database) and settled(database))
    again = await phone_calls(twenty)
    assert again.keys() == first.keys()
    for sid in (before.sid, after.sid, deleted.sid):
        assert {key: again[sid][key] for key in ("status", "durationInSeconds", "direction")} == {
            key: first[sid][key] for key in ("status", "durationInSeconds", "direction")
        }
    # What the page says of corrections since the backup.
    assert {sid: one["id"] for sid, one in (await shown(twenty)).items()} == ids
    assert again[after.sid]["personId"] == jane


def known(database: Path) -> set[str]:
    """The calls of the inbox."""
    with closing(sqlite3.connect(database)) as connection:
        return {sid for (sid,) in connection.execute("SELECT root_sid FROM calls")}


async def test_a_copy_of_a_moment_is_whole(bridge: BridgeProcess, twilio: TwilioSandbox) -> None:
    token = await fetch_token(bridge.url, "alice")
    calls = asyncio.gather(*(twilio.call_from_token(token, JANE) for _ in range(10)))
    backup = bridge.folder / "backup.db"
    await asyncio.to_thread(back_up, bridge.folder / "bridge.db", backup)
    await calls
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_the_former_version_goes_on_with_newer_tables(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    """A newer one added a column, a table and its revision; then this one came back."""
    await bridge.stop()
    with closing(sqlite3.connect(bridge.folder / "bridge.db")) as newer, newer:
        newer.execute("ALTER TABLE calls ADD COLUMN of_the_future TEXT")
        newer.execute("CREATE TABLE of_the_future (id INTEGER PRIMARY KEY)")
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    await bridge.start()
    known_to(twilio, listens_on=bridge.url)
    call = await twilio.call_from_token(await fetch_token(bridge.url, "alice"), JANE)
    assert (await until_finished(twenty, {call.sid}))[call.sid]["status"] != "RINGING"
