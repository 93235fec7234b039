"""Rows for people or for programs."""

import json
import sys
from collections.abc import Mapping, Sequence

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, object]


def show(rows: Sequence[Row], *, as_json: bool, nothing: str) -> None:
    """A JSON array of objects, or a table with the first row's names as its head."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        typer.echo(nothing)
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        # A SID that is cut short cannot be copied.
        table.add_column(name, overflow="fold")
    for row in rows:
        # Text is shown as it is; of a plain string rich would read [brackets] as markup.
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    # Into a pipe nothing is folded.
    Console(width=None if sys.stdout.isatty() else 1000).print(table)


def counted(count: int, what: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
