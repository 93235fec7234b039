"""`setup twilio` prepares a Twilio account: shows what would change, asks, changes only that."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import terminal
from bridge.cli.options import ConfigFile
from bridge.doctor.webhook_rules import NONE_MATCHES, examine_rules
from bridge.errors import TwilioDenied
from bridge.language.phrase import Phrase, joined, phrase
from bridge.settings.config_files import env_file_of
from bridge.settings.env_file import check_writable, remember, told_by
from bridge.settings.load import load_as
from bridge.settings.parts import SetUpTwilio, TwilioSoFar
from bridge.twilio.provision import Desired, SetupPlan, carry_out, look, plan_for
from bridge.twilio.rest.account import AccountRest, open_account


def twilio(
    config: ConfigFile = None,
    name: Annotated[
        str, typer.Option(help="The friendly name of TwiML App and API key.")
    ] = "twenty-twilio-bridge",
    number: Annotated[
        list[str] | None, typer.Option(help="A number to attach beside TWILIO_PHONE_NUMBER; several times.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Prepare the Twilio account: API key, TwiML App, numbers. What is already right stays."""
    if not prepare(config, name=name, numbers=number or [], dry_run=dry_run, yes=yes):
        raise typer.Exit(1)


def prepare(config: Path | None, *, name: str, numbers: Sequence[str], dry_run: bool, yes: bool) -> bool:
    """Whether all of it is there now, or would be."""
    settings = load_as(SetUpTwilio, config)
    return asyncio.run(
        set_up(settings, name=name, numbers=numbers, dry_run=dry_run, yes=yes, env_file=env_file_of(config))
    )


async def set_up(
    settings: SetUpTwilio, *, name: str, numbers: Sequence[str], dry_run: bool, yes: bool, env_file: Path
) -> bool:
    """As `prepare`, with the settings so far; raises TwilioError or CannotWrite."""
    async with open_account(settings.twilio, credentials=settings.twilio.owner_credentials) as account:
        plan, app_sid = await _plan(account, settings, name=name, numbers=numbers)
        _show(plan)
        rules = await examine_rules(account, settings.twilio, settings.server.public_url)
        if rules.reason != NONE_MATCHES:
            terminal.say(joined(" ", filter(None, (rules.reason, rules.fix))))
        if not plan.steps or dry_run:
            return not plan.problems
        if not yes and not terminal.confirm(phrase("Go on?")):
            return False
        check_writable(env_file)
        before = told_by(env_file)
        await carry_out(
            account,
            plan.steps,
            app_sid=app_sid,
            keep=partial(_keep, env_file),
            tell=terminal.say,
        )
        if told_by(env_file) != before:
            terminal.say(
                phrase("A bridge that runs already has to be restarted: it reads .env at its start.")
            )
    return not plan.problems


async def _plan(
    account: AccountRest, settings: SetUpTwilio, *, name: str, numbers: Sequence[str]
) -> tuple[SetupPlan, str | None]:
    there = await look(account)
    known = Desired(
        public_url=settings.server.public_url,
        app_sid=settings.twilio.app_sid,
        key_holds=await _key_holds(settings.twilio),
        can_make_keys=settings.twilio.owner_credentials is not None,
        phone_number=settings.twilio.phone_number,
        numbers=[*settings.lines.numbers, *numbers],
        name=name,
    )
    return plan_for(known, there), known.app_sid or next((a.sid for a in there.named(name)), None)


async def _key_holds(twilio: TwilioSoFar) -> bool:
    """Whether Twilio knows the API key by the secret that the settings have."""
    if not twilio.api_key or not twilio.api_secret:
        return False
    key = twilio.api_key, twilio.api_secret.get_secret_value()
    try:
        async with open_account(twilio, credentials=key) as account:
            await account.state()
    except TwilioDenied:
        return False
    return True


def _keep(env_file: Path, values: Mapping[str, str]) -> None:
    remember(env_file, values)
    for variable in values:
        if os.environ.get(variable):
            terminal.say(
                phrase(
                    "{variable} is set in the environment, too, and wins over {file}.",
                    variable=variable,
                    file=env_file,
                ),
                err=True,
            )


def _show(plan: SetupPlan) -> None:
    if not plan.steps and not plan.problems:
        terminal.say(phrase("Nothing to do: the account has all that the bridge needs."))
    for step in plan.steps:
        _indented(step.lines())
    for problem in plan.problems:
        terminal.say(problem, err=True)


def _indented(lines: Iterable[Phrase]) -> None:
    for number, line in enumerate(lines):
        terminal.say(line if number else phrase("- {line}", line=line))
