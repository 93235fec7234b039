"""`backfill` fills the inbox with what Twilio remembers, and sees to it that it is written to Twenty."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.progress import Progress

from bridge.cli import terminal
from bridge.cli.numbers import telephone_number
from bridge.cli.options import AsJson, ConfigFile, check_span, moment
from bridge.cli.progress import progress_bar
from bridge.errors import Standby
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.database import missing_file
from bridge.inbox.drain_lock import DrainLock, open_drain_lock
from bridge.inbox.queries import outcomes, waiting
from bridge.inbox.store import Inbox, open_inbox
from bridge.language.phrase import phrase
from bridge.language.spoken import said
from bridge.observability import logs
from bridge.settings import Settings, load, secrets_of
from bridge.settings.served import agents_of
from bridge.sync.backfill import Backfill, periods
from bridge.sync.reconcile.twilio_calls import Found
from bridge.sync.worker import Worker
from bridge.twenty.client.client import open_client
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twilio.rest import open_rest
from bridge.wiring.upkeep import asking_for
from bridge.wiring.worker import draining, worker_for

app = typer.Typer(add_completion=False)

LOOKS_SECONDS = 0.5
LOOKED_AT = 4000
"""Calls that one look reads: as many as are written in that time, and more."""
PATIENT = {None, "twenty.unavailable", "twenty.over_limit", "inbox.unavailable"}
"""Why nothing may be written for a while; for another reason waiting mends nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillOptions:
    """What the operator wants; `number` is E.164."""

    since: datetime
    until: datetime
    number: str | None
    dry_run: bool
    again: bool


@app.command()
def backfill(
    config: ConfigFile = None,
    *,
    since: Annotated[datetime, typer.Option(parser=moment, help="Since when: 30d, 12h, 2026-11-01.")],
    until: Annotated[datetime | None, typer.Option(parser=moment, help="Until when; now by default.")] = None,
    number: Annotated[str | None, typer.Option(help="Calls from or to this number alone.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only ask Twilio, and count.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Ask for days that were asked for before, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the calls that Twilio remembers into Twenty. Running it again changes nothing."""
    check_span(since, until, now=datetime.now(UTC))
    settings = load(config)
    asked = BackfillOptions(
        since=since,
        until=min(until or datetime.now(UTC), datetime.now(UTC)),
        number=telephone_number(number, settings.region) if number else None,
        dry_run=dry_run,
        again=again,
    )
    # What goes on is told by the progress bar.
    logs.configure(settings.log.model_copy(update={"level": "error"}), secrets=secrets_of(settings))
    if not asyncio.run(_backfill(settings, asked, as_json=as_json)):
        raise typer.Exit(1)


async def _backfill(settings: Settings, asked: BackfillOptions, *, as_json: bool) -> bool:
    """Whether all that was found is in Twenty now, or was only to be counted."""
    async with AsyncExitStack() as stack:
        url = settings.inbox.database_url.get_secret_value()
        inbox = await stack.enter_async_context(_inbox(url, dry_run=asked.dry_run))
        progress = stack.enter_context(progress_bar())
        found = await _ask(settings, inbox, asked, progress)
        if asked.dry_run:
            show_counts(_counts(found), as_json=as_json)
            return True
        sids = sorted(found.ours)
        async with _draining_worker(settings, inbox) as worker:
            became = await _wait(inbox, sids, worker, progress)
    show_counts(_counts(found) | became, as_json=as_json)
    if became["waiting"]:
        reason = f" ({worker.reason})" if worker else ""
        terminal.say(
            phrase(
                "Twenty does not take them{reason}. They wait in the inbox for the bridge.", reason=reason
            ),
            err=True,
        )
    return not became["waiting"]


@asynccontextmanager
async def _inbox(url: str, *, dry_run: bool) -> AsyncIterator[Inbox]:
    """The bridge's; before its first start an empty one, that a dry run leaves nothing of."""
    with TemporaryDirectory() as folder:
        if dry_run and missing_file(url):
            url = f"sqlite+aiosqlite:///{folder}/bridge.db"
        async with open_inbox(url, must_exist=not dry_run) as inbox:
            yield inbox


async def _ask(settings: Settings, inbox: Inbox, asked: BackfillOptions, progress: Progress) -> Found:
    async with open_rest(settings.twilio) as twilio:
        asking = asking_for(settings, inbox, twilio, dry=asked.dry_run)
        backfill = Backfill(asking, Checkpoints(inbox))
        days = periods(asked.since, asked.until)
        left = days if asked.again or asked.number else await backfill.left(days)
        task = progress.add_task(
            said(phrase("Asking Twilio")),
            total=len(days),
            completed=len(days) - len(left),
            unit=said(phrase("days")),
        )

        def tell(found: Found) -> None:
            asked_for = phrase("Asking Twilio: {calls}", calls=terminal.calls(len(found.ours)))
            progress.update(task, advance=1, description=said(asked_for))

        return await backfill.ask(left, number=asked.number, now=datetime.now(UTC), tell=tell)


@asynccontextmanager
async def _draining_worker(settings: Settings, inbox: Inbox) -> AsyncIterator[Worker | None]:
    """A worker of this process; None where a running bridge drains the inbox."""
    async with open_drain_lock(settings.inbox) as lock:
        try:
            await lock.take()
        except Standby:
            yield None
            return
        async with _draining_here(settings, inbox, lock) as worker:
            yield worker


@asynccontextmanager
async def _draining_here(settings: Settings, inbox: Inbox, lock: DrainLock) -> AsyncIterator[Worker]:
    async with open_client(settings.twenty) as client:
        worker = worker_for(
            settings,
            inbox,
            client.while_allowed(lock.check),
            lock,
            directory=Directory(region=settings.region),
            members=Members(agents_of(settings)),
            live=False,
        )
        async with draining(worker, settings.server.stop_seconds):
            yield worker


async def _wait(inbox: Inbox, sids: list[str], worker: Worker | None, progress: Progress) -> dict[str, int]:
    """What became of the calls, once none of them waits any more, or waiting mends nothing."""
    by = said(phrase("Writing to Twenty") if worker else phrase("The bridge writes to Twenty"))
    task = progress.add_task(by, total=len(sids), unit=said(phrase("calls")))
    pending = deque(sids)
    while True:
        await _forget_written(inbox, pending)
        progress.update(task, completed=len(sids) - len(pending))
        mends_nothing = worker is not None and worker.reason not in PATIENT
        if not pending or mends_nothing:
            became = await outcomes(inbox, sids)
            if not became["waiting"] or mends_nothing:
                return became
            # News came of calls that were written before.
            pending.extend(sids)
        progress.update(task, description=f"{by} ({worker.reason})" if worker and worker.reason else by)
        await asyncio.sleep(LOOKS_SECONDS)


async def _forget_written(inbox: Inbox, pending: deque[str]) -> None:
    """Takes out, of the next calls, those that wait no more: with 100,000 a look must not read them all."""
    if not (await inbox.backlog()).due:
        pending.clear()
        return
    some = [pending.popleft() for _ in range(min(LOOKED_AT, len(pending)))]
    pending.extend(await waiting(inbox, some))


def _counts(found: Found) -> dict[str, int]:
    return {
        "found": len(found.ours),
        "new": len(found.unknown),
        "mended": len(found.unfinished),
        "forgotten": found.forgotten,
        "others": found.others,
    }


def show_counts(counts: dict[str, int], *, as_json: bool) -> None:
    """The summary: JSON for programs, a line a count for people."""
    if as_json:
        terminal.print_json(counts, indent=None)
        return
    for name, count in counts.items():
        shown = {"name": name, "count": count, "meaning": MEANING[name]}
        terminal.say(phrase("{name:<10} {count:>7}  {meaning}", **shown))


MEANING = {
    "found": phrase("calls of the bridge, that are over"),
    "new": phrase("of these the inbox did not know"),
    "mended": phrase("of these it lacked something"),
    "forgotten": phrase("others of people who were forgotten"),
    "others": phrase("others of this account's, not the bridge's"),
    "waiting": phrase("wait to be written"),
    "parked": phrase("Twenty refused: twenty-bridge calls list --parked"),
    "logged": phrase("stand in Twenty"),
    "matched": phrase("of these with a person"),
    "skipped": phrase("are not to be shown: by policy, or deleted there"),
}
