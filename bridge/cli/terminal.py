"""What the commands print and ask: all of it passes here, in the operator's language.

No text from outside moves the cursor.
"""

import json
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO

import typer
from rich.cells import cell_len, set_cell_size

from bridge.language.phrase import Phrase, phrase
from bridge.language.spoken import Language, said, spoken
from bridge.observability import printable

Row = Mapping[str, object]

YES: Mapping[Language, Sequence[str]] = {"en": ("y", "yes"), "fr": ("o", "oui", "y", "yes")}
NO: Mapping[Language, Sequence[str]] = {"en": ("n", "no"), "fr": ("n", "non", "no")}
"""What counts as an answer."""

AFTER_A_QUESTION = phrase("{question}: ", question="")

LONGEST_NUMBER = 9

CLEARED = "\r\x1b[K"
"""Back to the beginning of the line, which is empty then."""


def escape_unknown(*streams: TextIO) -> None:
    """Has a stream of another character set than UTF-8 show an escape for what that does not have."""
    for stream in streams:
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="backslashreplace")


def say(*lines: str, err: bool = False, mark: str = "", color: str | None = None, bold: bool = False) -> None:
    """Prints lines; line breaks within one are escaped. `mark` stands in its color before the first."""
    shown = [printable.line(said(text)) for text in lines]
    styled = [typer.style(text, bold=True) for text in shown] if bold else shown
    typer.echo((typer.style(mark, fg=color) if mark else "") + "\n".join(styled), err=err)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """A value for programs."""
    typer.echo(printable.in_json(json.dumps(value, ensure_ascii=False, indent=indent)))


def progress(text: str) -> None:
    """A line that the next one replaces."""
    shown = printable.line(said(text))[: shutil.get_terminal_size().columns - 1]
    typer.echo(f"{CLEARED}{shown}", nl=False)


def no_progress() -> None:
    """Takes that line away."""
    typer.echo(CLEARED, nl=False)


@contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """Ctrl-C or Ctrl-D at a question ends the command at once, with exit status 1.

    A running event loop has a handler of its own, which waits for the next await: the answer would be taken
    first, and what comes of it be done.
    """
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.default_int_handler) if is_main else None
    try:
        yield
    except typer.Abort:
        # The question stands at the end of its line still.
        say("", phrase("Aborted."), err=True)
        raise typer.Exit(1) from None
    finally:
        if is_main:
            signal.signal(signal.SIGINT, before)


def confirm(text: str, *, default: bool = False, err: bool = False) -> bool:
    """Yes or no, in the language of the command."""
    choice = phrase("Y/n") if default else phrase("y/N")
    question = f"{printable.line(said(text))} [{said(choice)}]"
    yes, no = YES[spoken()], NO[spoken()]
    with _ended_by_ctrl_c():
        while True:
            typed: str = typer.prompt(
                question, default="", show_default=False, err=err, prompt_suffix=said(AFTER_A_QUESTION)
            )
            answer = typed.strip().lower()
            if not answer:
                return default
            if answer in (*yes, *no):
                return answer in yes
            say(phrase("y or n, please."), err=err)


def prompt(text: str, *, hidden: bool = False, default: str | None = None) -> str:
    """What is typed, or the default where that is nothing."""
    with _ended_by_ctrl_c():
        answer: str = typer.prompt(
            printable.line(said(text)),
            hide_input=hidden,
            default=default and said(default),
            prompt_suffix=said(AFTER_A_QUESTION),
        )
    return answer


def prompt_number(text: str, *, default: int) -> int:
    """The number that is typed; 0 for what is none."""
    typed = prompt(text, default=str(default)).strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < LONGEST_NUMBER else 0


def show(rows: Sequence[Row], *, as_json: bool, nothing: str) -> None:
    """A JSON array of objects, or a table with the first row's names as its head."""
    if as_json:
        print_json(rows)
        return
    if not rows:
        say(nothing)
        return
    cells = [["" if value is None else printable.line(str(value)) for value in row.values()] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(rows[0], *cells, strict=True)]
    say(_line(list(rows[0]), widths), bold=True)
    for row in cells:
        say(_line(row, widths))


def _line(values: Sequence[str], widths: Sequence[int]) -> str:
    """Never cut or folded, however narrow the terminal is, so that SIDs can be copied."""
    return "  ".join(map(set_cell_size, values, widths)).rstrip()


def calls(count: int) -> Phrase:
    """`1 call`, `2 calls`."""
    return phrase("1 call") if count == 1 else phrase("{count} calls", count=count)


def people(count: int) -> Phrase:
    """`1 row`, `2 rows`: of people in Twenty."""
    return phrase("1 row") if count == 1 else phrase("{count} rows", count=count)
