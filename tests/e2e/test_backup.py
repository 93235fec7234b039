"""docs/how-to/backup.md and upgrade.md: what they promise, on a bridge that runs."""

import asyncio
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.demo.bridge import fetch_token, known_to
from bridge.demo.process import BridgeProcess
from bridge.inbox import tables
from bridge.inbox.backup import back_up
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.e2e.test_calls import until_finished
from tests.support import ask, create_person, eventually, new_sid, phone_calls, settled

JANE = "+33612345678"
CORRECT = (
    "mutation ($id: UUID!, $person: UUID) { updatePhoneCall(id: $id, data: {personId: $person}) { id } }"
)
DELETE = "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }"
IDS = "{ phoneCalls(first: 1000) { edges { node { id externalCallId personId } } } }"


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
    await asyncio.to_thread(back_up, f"sqlite+aiosqlite:///{database}", backup)
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
    # But for what a user deleted since the backup, which stays so.
    assert again.keys() == first.keys() - {deleted.sid}
    for sid in (before.sid, after.sid):
        assert {key: again[sid][key] for key in ("status", "durationInSeconds", "direction")} == {
            key: first[sid][key] for key in ("status", "durationInSeconds", "direction")
        }
    assert {sid: one["id"] for sid, one in (await shown(twenty)).items()} == {sid: ids[sid] for sid in again}
    # And for whom a user chose.
    assert {sid: again[sid]["personId"] for sid in again} == {before.sid: jane, after.sid: john}


def known(database: Path) -> set[str]:
    """The calls of the inbox."""
    with closing(sqlite3.connect(database)) as connection:
        return {sid for (sid,) in connection.execute("SELECT root_sid FROM calls")}


async def test_the_former_version_goes_on_with_newer_tables(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    """A newer one added columns, a table, its revision, a callback and settings; then this one came back."""
    await bridge.stop()
    unread, config = new_sid(), bridge.folder / "config.yaml"
    with closing(sqlite3.connect(bridge.folder / "bridge.db")) as newer, newer:
        for table in tables.metadata.tables:
            newer.execute(f"ALTER TABLE {table} ADD COLUMN of_the_future TEXT NOT NULL DEFAULT 'x'")
        newer.execute("CREATE TABLE of_the_future (id INTEGER PRIMARY KEY)")
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.execute(
            "INSERT INTO callbacks (digest, root_sid, call_sid, kind, parameters, received_at) "
            "VALUES (x'01', ?, ?, 'hologram', '{}', '2026-11-22 10:00:00')",
            (unread, unread),
        )
        newer.execute(
            "INSERT INTO calls (root_sid, revision, due_at) VALUES (?, 1, '2026-11-22 10:00:00')", (unread,)
        )
    config.write_text(f"{config.read_text()}\nqueues: {{sales: {{music: jazz}}}}\n")
    bridge.env = {**bridge.env, "BRIDGE_HTTP3": "on"}
    bridge.log = bridge.folder / "log"
    await bridge.start()
    known_to(twilio, listens_on=bridge.url)
    call = await twilio.call_from_token(await fetch_token(bridge.url, "alice"), JANE)
    assert (await until_finished(twenty, {call.sid}))[call.sid]["status"] != "RINGING"
    told = [json.loads(line) for line in bridge.log.read_text().splitlines() if line.startswith("{")]
    events = ("inbox.newer", "inbox.callbacks_of_newer_version", "settings.unknown")
    assert Counter(line["event"] for line in told if line["event"] in events) == Counter(
        {"inbox.newer": 1, "inbox.callbacks_of_newer_version": 1, "settings.unknown": 2}
    )
    with closing(sqlite3.connect(bridge.folder / "bridge.db")) as newer:
        kept = newer.execute("SELECT unread, parked_reason FROM calls WHERE root_sid = ?", (unread,))
        assert kept.fetchall() == [("hologram", None)]
