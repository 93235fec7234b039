"""`demo`, `conformance`, `sandbox …`: a Twilio and a Twenty to play with."""

from collections.abc import Callable
from typing import Annotated

import typer

group = typer.Typer(help="A Twilio and a Twenty to play with.", invoke_without_command=True)

# The sandboxes have options of their own, and are imported only to be run.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def demo(
    once: Annotated[bool, typer.Option(help="End when the calls are over.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Place calls, out and in, through a sandbox Twilio, the bridge and a sandbox Twenty."""
    from bridge.demo.command import run

    raise typer.Exit(run(once=once, as_json=as_json))


def conformance(context: typer.Context) -> None:
    """Compare a server with the recorded Twenty; it writes records."""
    from bridge.sandbox.twenty.conformance_command import command

    _pass_on(command, context)


@group.callback()
def sandbox(
    context: typer.Context,
    twenty_port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Where the Twenty listens; 0 takes a free port.",
            envvar="SANDBOX_TWENTY_PORT",
        ),
    ] = 3000,
    twilio_port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="Where the Twilio listens; 0 takes a free port.",
            envvar="SANDBOX_TWILIO_PORT",
        ),
    ] = 4000,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON when both are ready.")] = False,
) -> None:
    """Run a Twilio and a Twenty with a small company in it, until Ctrl-C."""
    if context.invoked_subcommand is None:
        from bridge.sandbox.both import run

        run(twenty_port=twenty_port, twilio_port=twilio_port, as_json=as_json)


@group.command()
def call(
    to: Annotated[str | None, typer.Argument(help="A number, or client:bob; unset, the company's.")] = None,
    *,
    token: Annotated[str | None, typer.Option(help="The access token of the browser that calls out.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="The number that calls in.")] = None,
    answered_by: Annotated[
        str | None, typer.Option(help="The agent who takes the call; unset, nobody does.")
    ] = None,
    says: Annotated[str, typer.Option(help="What the caller leaves as a message.")] = "",
    twilio: Annotated[
        str, typer.Option(help="Where the sandbox Twilio is.", envvar="TWILIO_API_URL")
    ] = "http://127.0.0.1:4000",
) -> None:
    """Place a call in the sandbox Twilio: out, with a token, or in, from a number."""
    from bridge.sandbox.calling import run

    if bool(token) == bool(from_):
        raise typer.BadParameter("Give --token for a call out, or --from for a call in.")
    caller = {"token": token} if token else {"from": from_, "says": says}
    asked = {**caller, **({"to": to} if to else {})}
    if not run(asked, answered_by=answered_by, url=twilio):
        raise typer.Exit(1)


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
