"""`sandbox …`: a Twilio and a Twenty to try things on."""

from typing import Annotated

import typer

from bridge.sandbox.both import run
from bridge.sandbox.calling import run as place
from bridge.sandbox.twenty import cli as sandbox_twenty
from bridge.sandbox.twilio import cli as sandbox_twilio

app = typer.Typer(help="A Twilio and a Twenty to try things on.", add_completion=False)


@app.callback(invoke_without_command=True)
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
        run(twenty_port=twenty_port, twilio_port=twilio_port, as_json=as_json)


@app.command()
def call(
    to: Annotated[str | None, typer.Argument(help="A number, or client:bob; unset, the company's.")] = None,
    *,
    token: Annotated[str | None, typer.Option(help="The access token of the browser that calls out.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="The number that calls in.")] = None,
    answered_by: Annotated[
        str | None, typer.Option(help="The agent who takes the call; unset, no agent does.")
    ] = None,
    says: Annotated[str, typer.Option(help="What the caller leaves as a message.")] = "",
    twilio: Annotated[
        str, typer.Option(help="Where the sandbox Twilio is.", envvar="TWILIO_API_URL")
    ] = "http://127.0.0.1:4000",
) -> None:
    """Place a call in the sandbox Twilio: out, with a token, or in, from a number."""
    if bool(token) == bool(from_):
        raise typer.BadParameter("Give --token for a call out, or --from for a call in.")
    caller = {"token": token} if token else {"from": from_, "says": says}
    asked = {**caller, **({"to": to} if to else {})}
    if not place(asked, answered_by=answered_by, url=twilio):
        raise typer.Exit(1)


app.command("twenty")(sandbox_twenty.command)
app.command("twilio")(sandbox_twilio.command)
