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
    title = "\nA morning's calls, out (→) and in (←)\n"
    # As narrow as it can be: on 80 columns a call has a line to itself.
    shown = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in ("Call", "What happens"):
        shown.add_column(column, no_wrap=True)
    shown.add_column("Twenty now shows")
    shown.add_column("Took", justify="right", no_wrap=True)
    for outcome in outcomes:
        shown.add_row(*_cells(outcome))
    return shown


def _cells(outcome: Outcome) -> tuple[str, ...]:
    script, record = outcome.script, outcome.record
    call = f"→ {script.to}" if script.to else f"← {script.from_}"
    shows = escape(record["name"]) if record else "[red]nothing[/red]"
    took = f"{outcome.latency_ms:.0f} ms" if outcome.latency_ms is not None else "–"
    return call, script.title, shows, took


def where_to_look(stage: Stage, console: Console) -> None:
    """What stays up until Ctrl-C."""
    console.print(
        f"Look at the people and their calls in Twenty (the sandbox): [link]{stage.twenty.url}[/link]"
    )
    console.print(f"The bridge listens on {stage.bridge_url}; Ctrl-C ends it all.")
