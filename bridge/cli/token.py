"""`token …` prints an access token, and explains one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bridge.cli import terminal
from bridge.cli.options import AsJson, ConfigFile
from bridge.errors import IdentityRefused, SettingsInvalid
from bridge.settings import Settings, load
from bridge.settings.load import load_as
from bridge.settings.parts import TwilioPart
from bridge.settings.served import agents_of
from bridge.twilio import inspect
from bridge.twilio.inspect import Expected, Token
from bridge.wiring.twilio import token_issuer

app = typer.Typer(help="Print an access token, or explain one.", add_completion=False)


@app.callback(invoke_without_command=True)
def token(
    context: typer.Context,
    identity: Annotated[str | None, typer.Option(help="As whom; the default agent if not given.")] = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print an access token, as the widget would get it."""
    if context.invoked_subcommand is not None:
        return
    settings = load(config)
    issued = _issued(settings, identity)
    if not as_json:
        terminal.say(issued["token"])
        return
    terminal.print_json(issued)


def _issued(settings: Settings, identity: str | None) -> dict[str, Any]:
    names = settings.agents.names
    if identity == "":
        raise IdentityRefused("--identity: names no agent, as a variable that is not set.")
    wanted = identity or settings.agents.default or next(iter(names), None)
    if not wanted:
        raise IdentityRefused("Say whose token it is (--identity alice): the settings name no agent.")
    try:
        allowed = agents_of(settings).allowed.identity(wanted)
    except IdentityRefused as refused:
        known = f" agents.names has {', '.join(names)}." if names else ""
        raise IdentityRefused(f"--identity {wanted}: {refused}{known}") from refused
    made = token_issuer(settings).issue(allowed, incoming=True, now=datetime.now(UTC))
    return {
        "token": made.token,
        "identity": made.identity,
        "ttl": made.ttl,
        "expiresAt": made.expires_at.isoformat(),
    }


@app.command("inspect")
def inspect_(
    jwt: Annotated[str, typer.Argument(help="The token; - reads it from the standard input.")],
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain a token: claims, times, grants, and what is wrong with it."""
    text = typer.get_text_stream("stdin").read() if jwt == "-" else jwt
    read, expected = inspect.read(text), _expected(config)
    wrong = inspect.problems(read, expected, now=datetime.now(UTC))
    checked = inspect.is_checked(read, expected)
    if as_json:
        told = {"header": read.header, "payload": read.payload, "signatureChecked": checked}
        terminal.print_json({**told, "problems": wrong})
    else:
        terminal.say(*_lines(read, checked=checked), *(wrong or ["Nothing is wrong with it."]))
    if wrong:
        raise typer.Exit(1)


def _expected(config: Path | None) -> Expected:
    """As far as anything is set: a token can be looked at anywhere."""
    try:
        twilio = load_as(TwilioPart, config).twilio
    except SettingsInvalid:
        return Expected()
    return Expected(
        account_sid=twilio.account_sid,
        api_key=twilio.api_key,
        api_secret=twilio.api_secret.get_secret_value() if twilio.api_secret else None,
        app_sid=twilio.app_sid,
    )


def _lines(token: Token, *, checked: bool) -> Iterator[str]:
    yield f"identity     {token.grants.get('identity')}"
    yield f"account      {token.payload.get('sub')}"
    yield f"signed with  {token.payload.get('iss')} ({'checked' if checked else 'not checked'})"
    yield f"region       {token.header.get('twr', 'us1')}"
    for label, claim in (("valid from", "nbf"), ("valid until", "exp")):
        yield f"{label:12} {token.time(claim) or 'not said'}"
    yield f"calls out    {f'through {token.application}' if token.application else 'no'}"
    for name, value in token.parameters.items():
        yield f"{'':12} with {name}={value}"
    yield f"calls in     {'yes' if token.may_be_called else 'no'}"
