"""Rows for people or for programs."""

import json
from collections.abc import Mapping, Sequence

import typer
from rich.console import Console
from rich.table import Table

Row = Mapping[str, object]


def show(rows: Sequence[Row], *, as_json: bool, nothing: str) -> None:
    """A JSON array of objects, or a table with the first row's names as its head."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        typer.echo(nothing)
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    # Into a pipe nothing is folded.
    console = Console(soft_wrap=True)
    console.print(table, width=console.width if console.is_terminal else 1000)
