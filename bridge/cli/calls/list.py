"""`calls list`."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import typer

from bridge.calls.fold.call import Call, fold
from bridge.calls.numbers import Number, e164
from bridge.cli.numbers import address
from bridge.cli.options import AsJson, ConfigFile, moment
from bridge.cli.terminal import Row, show
from bridge.inbox.forgetting import Address, of_one_line
from bridge.inbox.queries import KnownCall, State, known_calls
from bridge.inbox.store import open_inbox
from bridge.inbox.unreadable import concerning
from bridge.language.phrase import phrase
from bridge.settings import load


def list_(
    config: ConfigFile = None,
    *,
    due: Annotated[bool, typer.Option("--due", help="Those that Twenty is behind on.")] = False,
    parked: Annotated[bool, typer.Option("--parked", help="Those that Twenty refused.")] = False,
    since: Annotated[
        datetime | None, typer.Option(parser=moment, help="With news since: 30d, 12h, 2026-11-01.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="From or to this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List calls, the last heard of first."""
    if due and parked:
        raise typer.BadParameter("a call is due or parked, never both")
    state = State.DUE if due else State.PARKED if parked else None
    settings = load(config)
    wanted = address(number, settings.region) if number else None
    # By the other party's number calls are found at once. The company's own numbers are no other party's.
    is_theirs = isinstance(wanted, Number) and wanted not in settings.own_numbers
    theirs = of_one_line(wanted) if wanted and is_theirs else ()

    async def rows() -> list[Row]:
        found: list[Row] = []
        async with open_inbox(settings.inbox.database_url.get_secret_value(), must_exist=True) as inbox:
            calls = known_calls(inbox, state=state, since=since, numbers=theirs)
            async for known, call in _of(calls, wanted, settings.region):
                found.append(row(known, call, as_json=as_json))
                if len(found) == limit:
                    break
        return found

    show(asyncio.run(rows()), as_json=as_json, nothing=phrase("No such calls."))


async def _of(
    calls: AsyncIterator[KnownCall], number: Address | None, region: str
) -> AsyncIterator[tuple[KnownCall, Call]]:
    wanted = of_one_line(number) if number else None
    async for known in calls:
        if not known.callbacks:
            continue
        with concerning(known.root_sid):
            call = fold(known.callbacks)
            addresses = {a for a in (call.from_, call.to, call.other_party) if a}
            if not wanted or not wanted.isdisjoint(addresses | {e164(a, region) for a in addresses}):
                yield known, call


def row(known: KnownCall, call: Call, *, as_json: bool) -> Row:
    """What is shown of a call; for people, what they look for first."""
    person = known.match and known.match.person
    shown: dict[str, object] = {
        "sid": known.root_sid,
        "started": f"{call.started_at:%Y-%m-%d %H:%M:%S}",
        "direction": call.direction.value.lower(),
        "other": call.other_party,
        "status": call.status.value,
        "talk": call.talk_seconds,
        "person": person.name or person.id if person else None,
        "state": known.state.value,
        "error": known.error,
    }
    if not as_json:
        return shown
    return shown | {
        "started": call.started_at.isoformat(),
        "heard": known.heard_at.isoformat(),
        "settled": known.settled_at.isoformat() if known.settled_at else None,
        "from": call.from_,
        "to": call.to,
        "agent": call.agent,
        "person_id": person.id if person else None,
        "failures": known.attempts,
    }
