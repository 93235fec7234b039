"""Ports as the sandboxes' commands take them, and what is said of one that is taken."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")]


@contextmanager
def others_named(options: str) -> Iterator[None]:
    """Where a port is taken, ends the command in a sentence with the `options` that take free ones."""
    try:
        yield
    except OSError as taken:
        typer.echo(f"{taken.strerror or taken}. Other ports: {options} takes free ones.", err=True)
        raise typer.Exit(1) from taken
