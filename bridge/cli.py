"""The command line. What only one command needs is imported by that command."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.twenty.provision import Outcome

app = typer.Typer(
    name="twenty-bridge",
    help="A bridge between Twilio Voice and Twenty CRM.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
setup = typer.Typer(help="Prepare the systems that the bridge stands between.", no_args_is_help=True)
app.add_typer(setup, name="setup")
calls = typer.Typer(help="The calls that the inbox knows.", no_args_is_help=True)
app.add_typer(calls, name="calls")
sandbox = typer.Typer(help="A Twilio and a Twenty to play with.", no_args_is_help=True)
app.add_typer(sandbox, name="sandbox")

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="The settings' file; config.yaml here, if there is one.")
]


def main() -> None:
    """Runs a command; what goes wrong is told in a sentence, not in a traceback."""
    try:
        app()
    except BridgeError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(2) from None


@app.command()
def serve(config: ConfigFile = None) -> None:
    """Run the bridge."""
    import uvloop

    from bridge import logs, server
    from bridge.settings import load

    settings = load(config)
    logs.configure(settings.log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve(settings))


@setup.command("twenty")
def setup_twenty(
    config: ConfigFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and change nothing.")] = False,
) -> None:
    """Give the workspace phone calls, as if Twenty had brought them along. Run twice it changes nothing."""
    from bridge.settings import load
    from bridge.twenty.client import open_client
    from bridge.twenty.provision import Provisioned, report, set_up, webhook

    settings = load(config)
    webhook_to = webhook.wanted(settings.server.public_url, settings.twenty.webhook_secret)

    async def run() -> Provisioned:
        async with open_client(settings.twenty) as client:
            return await set_up(client, webhook_to=webhook_to, dry_run=dry_run, tell=_tell)

    done = asyncio.run(run())
    for line in report.notes(done, with_webhook=webhook_to is not None):
        typer.echo(line)
    for problem in report.problems(done):
        typer.echo(problem, err=True)
    if not done.complete:
        raise typer.Exit(1)


def _tell(outcome: "Outcome") -> None:
    typer.echo(str(outcome), err=not outcome.well)


@calls.command("relink")
def calls_relink(
    config: ConfigFile = None,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 3650,
) -> None:
    """Match calls without a person anew; the running bridge writes them."""
    from datetime import UTC, datetime, timedelta

    from bridge.inbox.store import open_inbox
    from bridge.settings import load

    async def run() -> int:
        async with open_inbox(load(config).inbox.database_url) as inbox:
            return await inbox.relink(None, since=datetime.now(UTC) - timedelta(days=days))

    typer.echo(f"{asyncio.run(run())} calls will be matched anew.")


@calls.callback()
def calls_group() -> None:
    """The calls that the inbox knows."""


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="End when the calls are over.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Place calls through a sandbox Twilio, the bridge and a sandbox Twenty."""
    from bridge.demo.command import run

    raise typer.Exit(run(once=once, as_json=as_json))


# The sandboxes have options of their own, and are imported only to be run.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@sandbox.command("twenty", context_settings=PASSED_ON)
def sandbox_twenty(context: typer.Context) -> None:
    """Run a Twenty to play with, until Ctrl-C."""
    from bridge.sandbox.twenty.cli import command

    _pass_on(command, context)


@sandbox.command("twilio", context_settings=PASSED_ON)
def sandbox_twilio(context: typer.Context) -> None:
    """Run a Twilio to play with, until Ctrl-C."""
    from bridge.sandbox.twilio.cli import command

    _pass_on(command, context)


@app.command("conformance", context_settings=PASSED_ON)
def conformance(context: typer.Context) -> None:
    """Compare a server with the recorded Twenty; it writes records."""
    from bridge.sandbox.twenty.conformance_command import command

    _pass_on(command, context)


def _pass_on(command: Callable[..., None], context: typer.Context) -> None:
    alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    alone.command()(command)
    alone(args=context.args, prog_name=context.command_path)
