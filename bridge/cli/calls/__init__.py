"""`calls …`."""

from datetime import datetime
from typing import Annotated

import typer

from bridge.cli.moments import moment
from bridge.cli.options import AsJson, ConfigFile

group = typer.Typer(help="The calls that the inbox knows.", no_args_is_help=True)


@group.callback()
def calls() -> None:
    """The calls that the inbox knows."""


@group.command("list")
def list_(
    config: ConfigFile = None,
    *,
    due: Annotated[bool, typer.Option("--due", help="Those that Twenty is behind on.")] = False,
    parked: Annotated[bool, typer.Option("--parked", help="Those that Twenty refused.")] = False,
    since: Annotated[
        datetime | None, typer.Option(parser=moment, help="Heard of since: 30d, 12h, 2026-11-01.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="From or to this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List calls, the last heard of first."""
    from bridge.cli.calls.list import run

    if due and parked:
        raise typer.BadParameter("a call is due or parked, never both")
    state = "due" if due else "parked" if parked else None
    run(config, state=state, since=since, number=number, limit=limit, as_json=as_json)


@group.command()
def show(
    sid: Annotated[str, typer.Argument(help="The SID of the call, or of one of its legs.")],
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of a call: callbacks, legs, what was written, every attempt."""
    from bridge.cli.calls.show import run

    if not run(config, sid=sid, as_json=as_json):
        raise typer.Exit(1)


@group.command()
def retry(
    sid: Annotated[str | None, typer.Argument(help="The SID of the call, or of one of its legs.")] = None,
    config: ConfigFile = None,
    *,
    parked: Annotated[bool, typer.Option("--parked", help="All that Twenty refused.")] = False,
) -> None:
    """Write a call again, or all that are parked; the running bridge does it."""
    from bridge.cli.calls.retry import run

    if (sid is None) != parked:
        raise typer.BadParameter("name a call, or say --parked")
    if not run(config, sid=sid):
        raise typer.Exit(1)


@group.command()
def relink(
    config: ConfigFile = None,
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How far back.")] = 3650,
) -> None:
    """Match calls without a person anew; the running bridge writes them."""
    from bridge.cli.calls.relink import run

    run(config, days=days)


@group.command()
def forget(
    number: Annotated[str | None, typer.Argument(help="The person's number, as calls list shows it.")] = None,
    config: ConfigFile = None,
    *,
    call: Annotated[str | None, typer.Option("--call", help="One call's SID, in place of a number.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person's number and callbacks here, for good; says what remains elsewhere."""
    from bridge.cli.calls.forget import run

    if (number is None) == (call is None):
        raise typer.BadParameter("give a number, or --call with the SID of one call")
    if not run(config, number=number, call=call, yes=yes, as_json=as_json):
        raise typer.Exit(1)
