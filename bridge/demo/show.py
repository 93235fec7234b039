"""Shows what became of the calls: a table for people, JSON for programs."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge.demo.play import Outcome, Stage


def as_json(outcomes: Sequence[Outcome]) -> str:
    """One object: `{"calls": […], "lost": 0}`."""
    return json.dumps({"calls": [outcome.as_json() for outcome in outcomes], "lost": lost(outcomes)})


def lost(outcomes: Sequence[Outcome]) -> int:
    """How many calls Twenty never got."""
    return sum(outcome.record is None for outcome in outcomes)


def table(outcomes: Sequence[Outcome]) -> Table:
    """A row a call."""
    shown = Table(title="A morning's calls", title_justify="left", show_lines=True)
    for column in ("Call", "Twilio said", "Matched", "Twenty now shows"):
        shown.add_column(column)
    shown.add_column("Took", justify="right", no_wrap=True)
    for outcome in outcomes:
        shown.add_row(*_cells(outcome))
    return shown


def _cells(outcome: Outcome) -> tuple[str, ...]:
    leg = outcome.played.legs[0] if outcome.played.legs else None
    said = f"{leg.status}\n{leg.duration or 0} s" if leg else "not dialled"
    record = outcome.record
    shows = escape(f"{record['status']}\n{record['name']}") if record else "[red]nothing[/red]"
    took = f"{outcome.latency_ms:.0f} ms" if outcome.latency_ms is not None else "–"
    call = f"{outcome.script.title}\n{outcome.script.to}"
    return call, said, escape(outcome.person or "nobody"), shows, took


def where_to_look(stage: Stage, console: Console) -> None:
    """What stays up until Ctrl-C."""
    console.print(f"\nLook at it in Twenty (the sandbox): [link]{stage.twenty.url}[/link]")
    console.print(f"The bridge listens on {stage.bridge_url}; Ctrl-C ends it all.")
