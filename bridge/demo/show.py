"""Shows what became of the calls: a table for people, JSON for programs."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge.demo.company import CUSTOMER
from bridge.demo.play import DemoResult, Stage


def as_json(outcomes: Sequence[DemoResult]) -> str:
    """One object: `{"calls": […], "lost": 0}`."""
    return json.dumps({"calls": [outcome.as_json() for outcome in outcomes], "lost": lost(outcomes)})


def lost(outcomes: Sequence[DemoResult]) -> int:
    """How many calls Twenty never got."""
    return sum(outcome.record is None for outcome in outcomes)


def table(outcomes: Sequence[DemoResult]) -> Table:
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


def _cells(outcome: DemoResult) -> tuple[str, ...]:
    script, record = outcome.script, outcome.record
    call = f"→ {script.to}" if script.to else f"← {script.from_}"
    shows = escape(record["name"]) if record else "[red]nothing[/red]"
    took = f"{outcome.latency_ms:.0f} ms" if outcome.latency_ms is not None else "–"
    return call, script.title, shows, took


async def where_to_look(stage: Stage, console: Console) -> None:
    """Prints what stays up until Ctrl-C."""
    addresses = {
        "People and their calls in Twenty (the sandbox)": stage.twenty.url,
        **{f"{agent.title()}'s phone, signed in": link for agent, link in (await stage.phones()).items()},
        f"The telephone of a customer, who calls {stage.twilio.phone_number}": (
            stage.twilio.telephone_url(CUSTOMER)
        ),
    }
    console.print("\nOpen in a browser (each phone in a window of its own; its link works once):")
    for what, address in addresses.items():
        # A line of its own, which no terminal breaks in two.
        console.print(f"\n  {what}")
        console.print(f"  {address}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"\nThe bridge listens on {stage.bridge_url}; Ctrl-C ends it all.")
