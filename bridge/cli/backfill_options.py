"""`backfill`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bridge.cli.moments import check_span, moment
from bridge.cli.options import AsJson, ConfigFile


def backfill(
    config: ConfigFile = None,
    *,
    since: Annotated[datetime, typer.Option(parser=moment, help="From when on: 30d, 12h, 2026-11-01.")],
    until: Annotated[
        datetime | None, typer.Option(parser=moment, help="Until when; now, if not said.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="Calls from or to this number alone.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only ask Twilio, and count.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Ask for days that were asked for before, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the calls that Twilio remembers into Twenty. Run twice it changes nothing."""
    from bridge.cli.backfill import run

    check_span(since, until, now=datetime.now(UTC))
    if not run(
        config, since=since, until=until, number=number, dry_run=dry_run, again=again, as_json=as_json
    ):
        raise typer.Exit(1)
