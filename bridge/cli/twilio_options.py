"""`twilio …`: what the account has."""

import typer

from bridge.cli.options import AsJson, ConfigFile

group = typer.Typer(help="Look into the Twilio account.", no_args_is_help=True)


@group.command()
def apps(config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """List the TwiML Apps, and where their calls go."""
    from bridge.cli.twilio import apps

    apps(config, as_json=as_json)


@group.command()
def numbers(config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """List the numbers, and who answers them."""
    from bridge.cli.twilio import numbers

    numbers(config, as_json=as_json)


@group.command()
def keys(config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """List the API keys; nobody can list their secrets."""
    from bridge.cli.twilio import keys

    keys(config, as_json=as_json)
