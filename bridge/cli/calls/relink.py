"""Has calls without a person matched anew."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.cli import terminal
from bridge.cli.table import counted
from bridge.inbox.store import open_inbox
from bridge.settings import load


def run(config: Path | None, *, days: int) -> None:
    """Makes them due; whoever drains writes them."""

    async def relinked() -> int:
        async with open_inbox(load(config).inbox.database_url.get_secret_value(), must_exist=True) as inbox:
            return await inbox.relink(None, since=datetime.now(UTC) - timedelta(days=days))

    terminal.say(f"{counted(asyncio.run(relinked()), 'call')} will be matched anew.")
