"""`people normalise` rewrites people's numbers as Twenty writes them, and keeps what stood there before."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import terminal
from bridge.cli.options import AsJson, ConfigFile
from bridge.cli.people.parts import AT_ONCE, half_the_budget, log_errors_alone, rows_of, show_kept, stopped
from bridge.cli.people.phones_file import PhonesFile, Rewritten
from bridge.cli.people.undo import put_back
from bridge.cli.progress import progress_bar
from bridge.errors import TwentyRefused
from bridge.language.phrase import phrase
from bridge.language.spoken import said
from bridge.settings import Settings, load
from bridge.twenty.client.client import Executes
from bridge.twenty.people.normalise import Kept, Rewrite, current, people_with_numbers, plan, rewrite
from bridge.twenty.people.phones import is_same, primary


@dataclass(slots=True)
class Done:
    """How far it came."""

    people: int = 0
    rewritten: int = 0
    changed: int = 0
    left: list[Kept] = field(default_factory=list)
    refused: list[Kept] = field(default_factory=list)


def normalise(
    config: ConfigFile = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Where to keep the former numbers; phones-….jsonl here by default."),
    ] = None,
    undo: Annotated[
        Path | None,
        typer.Option(
            "--undo", help="Put back the numbers of this file, except those that a user changed since."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rewrite people's numbers in Twenty's own form, so that calls find them. Again it changes nothing."""
    if undo and (dry_run or file):
        raise typer.BadParameter("--undo takes neither --dry-run nor --file")
    settings = load(config)
    log_errors_alone(settings)
    if undo:
        well = put_back(settings, file=undo, as_json=as_json)
    else:
        well = _rewrite_all(settings, dry_run=dry_run, file=file, as_json=as_json)
    if not well:
        raise typer.Exit(1)


def _rewrite_all(settings: Settings, *, dry_run: bool, file: Path | None, as_json: bool) -> bool:
    """Whether Twenty took all that was to be rewritten."""
    path = file or Path(f"phones-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jsonl")
    done = Done()
    try:
        asyncio.run(_normalise(settings, path, done, dry_run=dry_run))
    except KeyboardInterrupt:
        raise stopped() from None
    finally:
        if done.rewritten:
            terminal.say(
                phrase("What stood there before: {path} (put back by --undo {path}).", path=path), err=True
            )
    _tell(done, dry_run=dry_run, as_json=as_json)
    return not done.refused


async def _normalise(settings: Settings, path: Path, done: Done, *, dry_run: bool) -> None:
    with progress_bar() as progress, PhonesFile(path) as file:
        task = progress.add_task(said(phrase("Reading people")), total=None, unit=said(phrase("people")))
        async with half_the_budget(settings) as client:
            async for page in people_with_numbers(client):
                progress.update(task, total=page.total)
                plans = [plan(row, region=settings.region) for row in page.rows]
                rewrites = [one for one in plans if isinstance(one, Rewrite)]
                done.left += [one for one in plans if isinstance(one, Kept)]
                done.people += len(plans)
                progress.update(task, advance=len(plans) - len(rewrites), description=_described(done))
                for some in _in_groups(rewrites):
                    await _rewrite(client, some, file, done, dry_run=dry_run)
                    progress.update(task, advance=len(some), description=_described(done))


def _described(done: Done) -> str:
    return said(phrase("{rows} rewritten", rows=terminal.people(done.rewritten)))


def _in_groups(rewrites: Sequence[Rewrite]) -> Iterator[list[Rewrite]]:
    remaining = iter(rewrites)
    while some := list(islice(remaining, AT_ONCE)):
        yield some


async def _rewrite(
    client: Executes, rewrites: list[Rewrite], file: PhonesFile, done: Done, *, dry_run: bool
) -> None:
    if dry_run:
        done.rewritten += len(rewrites)
        return
    now = await current(client, [one.row.id for one in rewrites])
    same = [r for r in rewrites if r.row.id in now and is_same(now[r.row.id].field, r.row.field)]
    done.changed += len(rewrites) - len(same)
    file.keep([Rewritten(one.row.id, one.row.field, one.data) for one in same])
    for one in same:
        try:
            await rewrite(client, one.row.id, one.data)
            done.rewritten += 1
        except TwentyRefused as refused:
            done.refused.append(Kept(one.row, primary(one.row.field).number, str(refused)))


def _tell(done: Done, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told = {
            "people": done.people,
            "rewritten": done.rewritten,
            "changed": done.changed,
            "left": rows_of(done.left),
            "refused": rows_of(done.refused),
        }
        terminal.print_json(told)
        return
    counts = {"rows": terminal.people(done.people), "rewritten": done.rewritten}
    if dry_run:
        terminal.say(phrase("{rows} with a number, {rewritten} would be rewritten.", **counts))
    else:
        terminal.say(phrase("{rows} with a number, {rewritten} rewritten.", **counts))
    if done.changed:
        terminal.say(phrase("{rows} changed meanwhile: run it again.", rows=terminal.people(done.changed)))
    show_kept(done.left, phrase("{rows} left alone:", rows=terminal.people(len(done.left))))
    show_kept(done.refused, phrase("{rows} refused by Twenty:", rows=terminal.people(len(done.refused))))
