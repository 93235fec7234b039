"""The command line: what each command is called and takes.

What a command does stands in `commands`, and is imported only by who calls it.
"""

import sys

import structlog
import typer

from bridge.cli import (
    backfill_options,
    calls,
    doctor_options,
    init_options,
    keys_options,
    people,
    sandbox,
    serve_options,
    setup,
    terminal,
    token_options,
    twilio_options,
)
from bridge.errors import BridgeError

app = typer.Typer(
    name="twenty-bridge",
    help="A bridge between Twilio Voice and Twenty CRM.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(init_options.init)
app.command()(serve_options.serve)
app.add_typer(setup.group, name="setup")
app.command()(doctor_options.doctor)
app.add_typer(token_options.group, name="token")
app.add_typer(keys_options.group, name="keys")
app.add_typer(twilio_options.group, name="twilio")
app.add_typer(calls.group, name="calls")
app.add_typer(people.group, name="people")
app.command()(backfill_options.backfill)
app.command()(sandbox.demo)
app.command(context_settings=sandbox.PASSED_ON)(sandbox.conformance)
app.add_typer(sandbox.group, name="sandbox")


def main() -> None:
    """Runs a command; what goes wrong is told in a sentence, not in a traceback."""
    # What is printed is for programs, too; `serve` and others say more of their logs.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    try:
        app()
    except BridgeError as error:
        terminal.say(*str(error).split("\n"), err=True)
        raise SystemExit(2) from None
