"""Rows for people or for programs."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len, set_cell_size

from bridge.cli import terminal
from bridge.observability import printable

Row = Mapping[str, object]


def show(rows: Sequence[Row], *, as_json: bool, nothing: str) -> None:
    """A JSON array of objects, or a table with the first row's names as its head."""
    if as_json:
        terminal.as_json(rows)
        return
    if not rows:
        terminal.say(nothing)
        return
    cells = [["" if value is None else printable.line(str(value)) for value in row.values()] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(rows[0], *cells, strict=True)]
    terminal.say(_line(list(rows[0]), widths), bold=True)
    for row in cells:
        terminal.say(_line(row, widths))


def _line(values: Sequence[str], widths: Sequence[int]) -> str:
    """However narrow the terminal is: of a SID that is cut or folded nobody makes a copy."""
    return "  ".join(map(set_cell_size, values, widths)).rstrip()


def counted(count: int, what: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
