"""`calls retry` and `calls relink`: both make calls due, and the running bridge writes them."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

from bridge.cli import terminal
from bridge.cli.options import ConfigFile, utf8
from bridge.cli.progress import progress_bar
from bridge.inbox.queries import known_call
from bridge.inbox.requeue import count_unmatched
from bridge.inbox.requeue import relink as match_anew
from bridge.inbox.requeue import retry as make_due
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.jobs import retry_jobs
from bridge.inbox.transcripts.summaries import retry_summaries
from bridge.language.phrase import phrase
from bridge.language.spoken import said
from bridge.settings import load


def retry(
    sid: Annotated[
        str | None, typer.Argument(help="The SID of the call, or of one of its legs.", callback=utf8)
    ] = None,
    config: ConfigFile = None,
    *,
    parked: Annotated[bool, typer.Option("--parked", help="All that Twenty refused.")] = False,
) -> None:
    """Write a call, or all parked ones, again, with transcripts and summaries; the bridge does it."""
    if (sid is None) != parked:
        raise typer.BadParameter("name a call, or say --parked")

    async def retried() -> int | None:
        async with open_inbox(load(config).inbox.database_url.get_secret_value(), must_exist=True) as inbox:
            if sid is None:
                await _retry_spoken(inbox, None)
            return await make_due(inbox, None) if sid is None else await _one(inbox, sid)

    changed = asyncio.run(retried())
    if sid is None:
        terminal.say(phrase("{what} will be written again.", what=terminal.calls(changed or 0)))
        return
    if not changed:
        terminal.say(
            phrase("{sid}: the inbox has no such call, or has dropped its callbacks.", sid=sid), err=True
        )
        raise typer.Exit(1)
    terminal.say(phrase("{what} will be written again.", what=sid))


async def _one(inbox: Inbox, sid: str) -> int:
    known = await known_call(inbox, sid)
    if known is None:
        return 0
    await _retry_spoken(inbox, known.root_sid)
    return await make_due(inbox, known.root_sid)


async def _retry_spoken(inbox: Inbox, root_sid: str | None) -> None:
    """Parked transcripts and failed summaries, of one call or of all."""
    now = datetime.now(UTC)
    await retry_jobs(inbox, root_sid, now=now)
    await retry_summaries(inbox, root_sid, now=now)


def relink(
    config: ConfigFile = None,
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How far back.")] = 3650,
) -> None:
    """Match calls without a person anew; the running bridge writes them."""

    async def relinked() -> int:
        since = datetime.now(UTC) - timedelta(days=days)
        async with open_inbox(load(config).inbox.database_url.get_secret_value(), must_exist=True) as inbox:
            with progress_bar() as bar:
                total = await count_unmatched(inbox, since=since)
                task = bar.add_task(said(phrase("Matching anew")), total=total, unit=said(phrase("calls")))
                return await match_anew(inbox, None, since=since, progress=partial(bar.advance, task))

    terminal.say(phrase("{calls} will be matched anew.", calls=terminal.calls(asyncio.run(relinked()))))
