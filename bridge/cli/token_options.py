"""`token …`."""

from typing import Annotated

import typer

from bridge.cli.options import AsJson, ConfigFile

group = typer.Typer(help="Print an access token, or explain one.", invoke_without_command=True)


@group.callback()
def token(
    context: typer.Context,
    identity: Annotated[str | None, typer.Option(help="As whom; the default agent if not given.")] = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print an access token, as the widget would get it."""
    if context.invoked_subcommand is None:
        from bridge.cli.token import issue

        issue(config, identity=identity, as_json=as_json)


@group.command("inspect")
def inspect_(
    jwt: Annotated[str, typer.Argument(help="The token; - reads it from the standard input.")],
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain a token: claims, times, grants, and what is wrong with it."""
    from bridge.cli.token import explain

    text = typer.get_text_stream("stdin").read() if jwt == "-" else jwt
    if not explain(config, text, as_json=as_json):
        raise typer.Exit(1)
