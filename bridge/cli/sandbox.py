"""`demo`, `conformance`, `sandbox …`: a Twilio and a Twenty to play with."""

from collections.abc import Callable
from typing import Annotated

import typer

group = typer.Typer(help="A Twilio and a Twenty to play with.", no_args_is_help=True)

# The sandboxes have options of their own, and are imported only to be run.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def demo(
    once: Annotated[bool, typer.Option(help="End when the calls are over.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Place calls through a sandbox Twilio, the bridge and a sandbox Twenty."""
    from bridge.demo.command import run

    raise typer.Exit(run(once=once, as_json=as_json))


def conformance(context: typer.Context) -> None:
    """Compare a server with the recorded Twenty; it writes records."""
    from bridge.sandbox.twenty.conformance_command import command

    _pass_on(command, context)


@group.command(context_settings=PASSED_ON)
def twenty(context: typer.Context) -> None:
    """Run a Twenty to play with, until Ctrl-C."""
    from bridge.sandbox.twenty.cli import command

    _pass_on(command, context)


@group.command(context_settings=PASSED_ON)
def twilio(context: typer.Context) -> None:
    """Run a Twilio to play with, until Ctrl-C."""
    from bridge.sandbox.twilio.cli import command

    _pass_on(command, context)


def _pass_on(command: Callable[..., None], context: typer.Context) -> None:
    alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    alone.command()(command)
    alone(args=context.args, prog_name=context.command_path)
