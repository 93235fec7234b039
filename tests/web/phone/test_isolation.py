"""A call that cannot be read or folded concerns that call: lists and events show all others."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge.wiring.application import BOUNDS
from tests.web.conftest import Bridge, opened
from tests.web.phone.desk import ask, missed, taken, tell
from tests.web.phone.test_events import SECTIONS, ends, page

JANE, JOHN = "+33639980001", "+33639980002"

BROKEN = {
    "a note of another form": ("callbacks", "parameters", '{"Agent": "alice", "Version": "two"}', "note"),
    "other parameters": ("callbacks", "parameters", '{"CallStatus": {"is": "new"}, "To": 7}', "status"),
    "another match": ("calls", "match", '{"who": "another shape"}', None),
    "no JSON": ("calls", "match", "{", None),
    "no time": ("callbacks", "received_at", "once upon a time", "status"),
}


def broken(bridge: Bridge, sid: str, how: str) -> None:
    """As a file that was mended by hand may hold, or one of a newer version."""
    table, column, value, kind = BROKEN[how]
    which = "root_sid = ?" + (" AND kind = ?" if kind else "")
    with closing(sqlite3.connect(bridge.database)) as file, file:
        changed = file.execute(
            f"UPDATE {table} SET {column} = ? WHERE {which}", (value, sid, *([kind] if kind else []))
        )
        assert changed.rowcount


async def lists(bridge: Bridge) -> set[str]:
    shown = [await ask(bridge, "/api/me/calls", show=show) for show in ("recent", "missed")]
    return {call["sid"] for one in shown for call in one.json["calls"]}


async def test_calls_that_cannot_be_read_hide_no_other(tmp_path: Path) -> None:
    async with opened(tmp_path, bounds=BOUNDS, **SECTIONS) as bridge:
        async with page(bridge) as shown:
            for how in BROKEN:
                sid = await missed(bridge, JANE, "alice")
                await tell(bridge, "PUT", f"/api/calls/{sid}/note", note=how, version=0)
                await shown.until(lambda name, data, how=how: name == "call" and _note(data) == how)  # type: ignore[misc]
                await asyncio.to_thread(broken, bridge, sid, how)
                await bridge.twilio(
                    "/twilio/status", {"CallSid": sid, "From": JANE, "CallStatus": "completed"}
                )
            after = shown.last
            good = [await missed(bridge, JOHN, "alice"), await taken(bridge, JOHN, "alice")]
            await shown.until(ends(good[0], "missed"))
            await shown.until(ends(good[1], "talked"))
        assert set(good) <= await lists(bridge)
        async with page(bridge, after=after) as shown:
            # Rows that were broken when they were first read hold its position back: it reloads its lists.
            if dict(shown.events)["hello"]["resumed"]:
                await shown.until(ends(good[0], "missed"))
            assert set(good) <= await lists(bridge)
    # One that begins reads the newest callbacks.
    async with opened(tmp_path, bounds=BOUNDS, **SECTIONS) as bridge:
        assert set(good) <= await lists(bridge)


def _note(data: Any) -> str:
    return data["note"]["note"] if data["note"] else ""
