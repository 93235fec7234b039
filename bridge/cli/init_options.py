"""`init`."""

from typing import Annotated

import typer


def init(
    *,
    twenty_url: Annotated[str | None, typer.Option(help="Where Twenty is (TWENTY_API_URL).")] = None,
    twenty_key: Annotated[
        str | None, typer.Option(help="An API key of it; better in the environment, as TWENTY_API_TOKEN.")
    ] = None,
    account_sid: Annotated[str | None, typer.Option(help="Twilio's (TWILIO_ACCOUNT_SID).")] = None,
    auth_token: Annotated[
        str | None, typer.Option(help="Twilio's; better in the environment, as TWILIO_AUTH_TOKEN.")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Where the world finds the bridge (BRIDGE_PUBLIC_URL).")
    ] = None,
    number: Annotated[
        str | None, typer.Option(help="The company's, where the account has several (TWILIO_PHONE_NUMBER).")
    ] = None,
    agent: Annotated[
        list[str] | None,
        typer.Option(help="Who takes calls, by e-mail in Twenty; may be given again. Unset: all members."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; what is missing is an error.")] = False,
    prepare: Annotated[
        bool, typer.Option("--setup/--no-setup", help="Whether to go on with setup twilio and setup twenty.")
    ] = True,
) -> None:
    """Begin: ask for what cannot be found out, check it, write config.yaml and .env, prepare both systems."""
    from bridge.cli.init import run

    given = {
        "TWENTY_API_URL": twenty_url,
        "TWENTY_API_TOKEN": twenty_key,
        "TWILIO_ACCOUNT_SID": account_sid,
        "TWILIO_AUTH_TOKEN": auth_token,
        "BRIDGE_PUBLIC_URL": public_url,
        "TWILIO_PHONE_NUMBER": number,
    }
    if not run(given, agents=agent or (), yes=yes, prepare=prepare):
        raise typer.Exit(1)
