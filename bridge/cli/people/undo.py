"""Puts back what stood in people's fields of phones before `people normalise`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bridge.cli import terminal
from bridge.cli.people.parts import AT_ONCE, half_the_budget, rows_of, show_kept, stopped
from bridge.cli.people.phones_file import Rewritten, read
from bridge.cli.progress import progress_bar
from bridge.errors import TwentyRefused
from bridge.language.phrase import phrase
from bridge.language.spoken import said
from bridge.settings import Settings
from bridge.twenty.client.client import Executes
from bridge.twenty.people.normalise import Kept, PersonPhones, current, means_the_same, rewrite
from bridge.twenty.people.phones import is_same, primary


@dataclass(slots=True)
class Undone:
    """How far it came."""

    restored: int = 0
    again: int = 0
    changed: int = 0
    refused: list[Kept] = field(default_factory=list)


def put_back(settings: Settings, *, file: Path, as_json: bool) -> bool:
    """Whether all that still stands as it was rewritten means again what it did before."""
    kept, done = read(file), Undone()
    try:
        asyncio.run(_undo(settings, kept, done))
    except KeyboardInterrupt:
        raise stopped() from None
    _tell(done, as_json=as_json)
    return not done.refused


async def _undo(settings: Settings, kept: Sequence[Rewritten], done: Undone) -> None:
    by_id: dict[str, list[Rewritten]] = {}
    for one in kept:
        by_id.setdefault(one.id, []).append(one)
    ids = list(by_id)
    with progress_bar() as progress:
        task = progress.add_task(said(phrase("Putting back")), total=len(ids), unit=said(phrase("people")))
        async with half_the_budget(settings) as client:
            for at in range(0, len(ids), AT_ONCE):
                some = ids[at : at + AT_ONCE]
                now = await current(client, some)
                for person_id in some:
                    last = _last(by_id[person_id], now.get(person_id))
                    await _put_back(client, now, last, settings.region, done)
                    progress.update(task, advance=1)


def _last(of_row: Sequence[Rewritten], row: PersonPhones | None) -> Rewritten | None:
    """The last rewriting whose result still stands; None where a user changed it, or nothing stands."""
    found = (one for one in reversed(of_row) if row and is_same(row.field, one.after))
    return next(found, None)


async def _put_back(
    client: Executes, now: Mapping[str, PersonPhones], last: Rewritten | None, region: str, done: Undone
) -> None:
    if last is None:
        done.changed += 1
        return
    try:
        stored = await rewrite(client, last.id, last.before)
    except TwentyRefused as refused:
        done.refused.append(Kept(now[last.id], primary(last.before).number, str(refused)))
        return
    if is_same(stored, last.before):
        done.restored += 1
    elif means_the_same(stored, last.before, region=region):
        done.again += 1
    else:
        # A Twenty that reads 1-800-FLOWERS as 800: better the whole number than what it makes of it.
        await rewrite(client, last.id, last.after)
        why = "Twenty makes another number of it"
        done.refused.append(Kept(now[last.id], primary(last.before).number, why))


def _tell(done: Undone, *, as_json: bool) -> None:
    if as_json:
        told = {
            "restored": done.restored,
            "normalised": done.again,
            "changed": done.changed,
            "refused": rows_of(done.refused),
        }
        terminal.print_json(told)
        return
    rows = terminal.people
    terminal.say(phrase("{rows} as before.", rows=rows(done.restored)))
    if done.again:
        terminal.say(phrase("{rows} sent as before, which Twenty itself normalised.", rows=rows(done.again)))
    if done.changed:
        terminal.say(
            phrase("{rows} left alone: not as they were rewritten, or deleted.", rows=rows(done.changed))
        )
    show_kept(
        done.refused, phrase("{rows} that Twenty does not take as before:", rows=rows(len(done.refused)))
    )
