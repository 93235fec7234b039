"""Sets calls going again."""

import asyncio
from pathlib import Path

from bridge.cli import terminal
from bridge.cli.table import counted
from bridge.inbox.queries import known_call, retry
from bridge.inbox.store import Inbox, open_inbox
from bridge.settings import load


def run(config: Path | None, *, sid: str | None) -> bool:
    """Makes a call due, or (None) all that are parked; whether it was found."""

    async def retried() -> int | None:
        async with open_inbox(load(config).inbox.database_url.get_secret_value(), must_exist=True) as inbox:
            return await retry(inbox, None) if sid is None else await _one(inbox, sid)

    changed = asyncio.run(retried())
    if sid is None:
        terminal.say(f"{counted(changed or 0, 'call')} will be written again.")
        return True
    if not changed:
        terminal.say(f"{sid}: the inbox has no such call, or has dropped its callbacks.", err=True)
        return False
    terminal.say(f"{sid} will be written again.")
    return True


async def _one(inbox: Inbox, sid: str) -> int:
    known = await known_call(inbox, sid)
    return await retry(inbox, known.root_sid) if known else 0
