"""What the commands print and ask: all of it passes here, so that no text from outside moves the cursor."""

import json
import shutil
from typing import Any

import typer

from bridge.observability import printable

CLEARED = "\r\x1b[K"
"""Back to the beginning of the line, which is empty then."""


def say(*lines: str, err: bool = False, mark: str = "", color: str | None = None, bold: bool = False) -> None:
    """Lines, each shown as one, whatever stands in it; `mark` stands in its color before the first."""
    shown = [printable.line(text) for text in lines]
    styled = [typer.style(text, bold=True) for text in shown] if bold else shown
    typer.echo((typer.style(mark, fg=color) if mark else "") + "\n".join(styled), err=err)


def as_json(value: Any, *, indent: int | None = 2) -> None:
    """A value for programs."""
    typer.echo(printable.in_json(json.dumps(value, ensure_ascii=False, indent=indent)))


def progress(text: str) -> None:
    """A line that the next one replaces."""
    shown = printable.line(text)[: shutil.get_terminal_size().columns - 1]
    typer.echo(f"{CLEARED}{shown}", nl=False)


def no_progress() -> None:
    """Takes that line away."""
    typer.echo(CLEARED, nl=False)


def confirm(text: str, *, default: bool = False, err: bool = False) -> bool:
    """Yes or no."""
    return typer.confirm(printable.line(text), default=default, err=err)


def prompt(text: str, *, hidden: bool = False, default: str | None = None) -> str:
    """What is typed, or the default where that is nothing."""
    answer: str = typer.prompt(printable.line(text), hide_input=hidden, default=default)
    return answer


def prompt_number(text: str, *, default: int) -> int:
    """The number that is typed."""
    return int(typer.prompt(printable.line(text), type=int, default=default))
