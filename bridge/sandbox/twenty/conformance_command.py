"""`twenty-bridge conformance`: plays the recorded scenarios against any server that speaks Twenty's API."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from bridge.sandbox.conformance import NotReached, play_all, read_all

_SHIPPED = Path(__file__).parents[1] / "scenarios"
SCENARIOS = _SHIPPED if _SHIPPED.is_dir() else Path("tests/conformance")
"""A wheel brings them along; in a checkout they are among the tests."""


def command(
    *,
    url: Annotated[str, typer.Option(help="The server, e.g. http://127.0.0.1:3000")],
    key: Annotated[str, typer.Option(help="An API key with an administrator's role.")],
    user_token: Annotated[str | None, typer.Option(help="A user's access token.")] = None,
    readonly_key: Annotated[str | None, typer.Option(help="An API key that may only read.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the scenarios are.")] = SCENARIOS,
) -> None:
    """Compare a server with the recorded Twenty; it writes records, so use a workspace of its own."""
    tokens = {"key": key, "user": user_token, "readonly": readonly_key}
    try:
        verdicts = asyncio.run(play_all(read_all(folder), url=url.rstrip("/"), tokens=tokens))
    except NotReached as away:
        typer.echo(str(away), err=True)
        raise typer.Exit(1) from away
    for verdict in verdicts:
        if verdict.outcome != "of another version":
            typer.echo(str(verdict))
    count = Counter(verdict.outcome for verdict in verdicts)
    if count["of another version"]:
        typer.echo(f"{count['of another version']} are of other versions of Twenty, and were not played")
    typer.echo(", ".join(f"{count[outcome]} {outcome}" for outcome in ("equal", "different", "left out")))
    raise typer.Exit(1 if count["different"] else 0)
