"""`init` asks, checks, writes `config.yaml` and `.env`, and offers to prepare both systems."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from bridge.cli import links, terminal
from bridge.cli.setup.app import offer_app
from bridge.cli.setup.twenty import provide
from bridge.cli.setup.twilio import prepare as prepare_account
from bridge.errors import AnswerRefused
from bridge.language.phrase import phrase
from bridge.language.spoken import LANGUAGES, in_language
from bridge.settings.config_files import CONFIG_FILE, ENV_FILE
from bridge.settings.env_file import check_writable, told_by
from bridge.settings.load import load
from bridge.settings.variables import ENVIRONMENT
from bridge.setup import files
from bridge.setup.interview import Interview
from bridge.setup.zone import is_zone, machine_zone, zone_of
from bridge.twilio.provision.plan import NAME

app = typer.Typer(add_completion=False)

ALL = phrase("all")
EVERYONE = frozenset(in_language(ALL, language) for language in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator at the terminal; not `present` with --yes. `kept` is what stands in `.env` already."""

    present: bool
    kept: Mapping[str, str]

    def ask(self, variable: str, text: str, *, hidden: bool = False, default: str | None = None) -> str:
        """See Asks."""
        if not self.present:
            raise AnswerRefused(
                phrase(
                    "{variable} is missing or was refused, and --yes asks no questions.", variable=variable
                ),
                is_final=True,
            )
        return terminal.prompt(text, hidden=hidden, default=default)

    def choose(self, text: str, options: Sequence[str]) -> str:
        """See Asks."""
        if not self.present:
            told = phrase(
                "{question} Give --number, one of {numbers}.", question=text, numbers=", ".join(options)
            )
            raise AnswerRefused(told, is_final=True)
        for place, option in enumerate(options, 1):
            terminal.say(f"  {place}  {option}")
        while not 1 <= (place := terminal.prompt_number(text, default=1)) <= len(options):
            terminal.say(phrase("One of 1 to {count}, please.", count=len(options)))
        return options[place - 1]

    def choose_several(self, text: str, options: Sequence[str]) -> Sequence[str]:
        """See Asks."""
        if not self.present:
            return ()
        for place, option in enumerate(options, 1):
            terminal.say(f"  {place}  {option}")
        said = terminal.prompt(text, default=ALL)
        asked = [one.strip() for one in said.split(",") if one.strip()]
        return () if EVERYONE.intersection(asked) else asked

    def tell(self, text: str) -> None:
        """See Asks."""
        terminal.say(text)

    def save(self, values: Mapping[str, str]) -> None:
        """See Asks. What stands in `.env` is replaced by no answer before the operator agrees."""
        if self.present:
            files.keep(ENV_FILE, {name: value for name, value in values.items() if not self.kept.get(name)})


@app.command()
def init(
    *,
    twenty_url: Annotated[str | None, typer.Option(help="Twenty's URL (TWENTY_API_URL).")] = None,
    twenty_key: Annotated[
        str | None, typer.Option(help="An API key of Twenty; better in the environment, as TWENTY_API_TOKEN.")
    ] = None,
    account_sid: Annotated[
        str | None, typer.Option(help="Twilio's Account SID (TWILIO_ACCOUNT_SID).")
    ] = None,
    auth_token: Annotated[
        str | None, typer.Option(help="Twilio's Auth Token; better in the environment, as TWILIO_AUTH_TOKEN.")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="The bridge's own public URL (BRIDGE_PUBLIC_URL).")
    ] = None,
    number: Annotated[
        str | None,
        typer.Option(help="The company's number, where the account has several (TWILIO_PHONE_NUMBER)."),
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
    """Set up: ask for what cannot be found out, check it, write config.yaml and .env, prepare systems."""
    given = {
        "TWENTY_API_URL": twenty_url,
        "TWENTY_API_TOKEN": twenty_key,
        "TWILIO_ACCOUNT_SID": account_sid,
        "TWILIO_AUTH_TOKEN": auth_token,
        "BRIDGE_PUBLIC_URL": public_url,
        "TWILIO_PHONE_NUMBER": number,
    }
    if not _begin(given, agents=agent or (), yes=yes, prepare=prepare):
        raise typer.Exit(1)


def _begin(given: Mapping[str, str | None], *, agents: Sequence[str], yes: bool, prepare: bool) -> bool:
    """Whether all of it is done. Raises AnswerRefused, CannotWrite, or what the set-ups raise."""
    check_writable(ENV_FILE)
    there = told_by(ENV_FILE)
    asks = Operator(present=not yes, kept=there)
    environment = {name: os.environ[name] for name in ENVIRONMENT if os.environ.get(name)}
    told = {**there, **environment, **{name: value for name, value in given.items() if value}}
    interview = Interview(asks, told, agents, asks_for_agents=not files.names_agents(CONFIG_FILE))
    found = asyncio.run(interview.hold())
    has_all = _write(there, found.values, yes=yes)
    if files.begin_config(CONFIG_FILE):
        terminal.say(
            phrase("Wrote {file}: everything in it has a default, and an explanation.", file=CONFIG_FILE)
        )
    _name(found.agents)
    _set_zone(found.values.get("TWILIO_PHONE_NUMBER", ""), ask=not yes)
    if not has_all:
        terminal.say(phrase("Run init again when that is decided: it asks for no more than is missing."))
        return False
    return _prepare(yes=yes) if prepare else _say_what_is_left()


def _write(there: Mapping[str, str], values: Mapping[str, str], *, yes: bool) -> bool:
    """Never over what stands there, unasked; the other answers are written all the same."""
    others = sorted(name for name, value in values.items() if there.get(name, value) != value)
    if (
        others
        and not yes
        and not terminal.confirm(
            phrase(
                "{file} has other values of {names}. Replace them by these answers?",
                file=ENV_FILE,
                names=", ".join(others),
            ),
            default=True,
        )
    ):
        files.keep(ENV_FILE, {name: value for name, value in values.items() if name not in others})
        terminal.say(
            phrase(
                "{file} keeps its {names}; your other answers stand there now.",
                file=ENV_FILE,
                names=", ".join(others),
            )
        )
        return False
    files.keep(ENV_FILE, values)
    if written := [name for name, value in values.items() if there.get(name) != value]:
        terminal.say(
            phrase(
                "Wrote {names} into {file}, which only you may read.", names=", ".join(written), file=ENV_FILE
            )
        )
    return True


def _name(agents: Sequence[str]) -> None:
    """Who takes calls goes into `config.yaml`, where that names none."""
    if not agents:
        return
    if file := files.name_agents(CONFIG_FILE, agents):
        terminal.say(
            phrase("Calls ring {agents}: agents.names in {file}.", agents=", ".join(agents), file=file)
        )
    else:
        terminal.say(
            phrase("{file} is left as it is. Who takes calls stands there as agents.names.", file=CONFIG_FILE)
        )


def _set_zone(number: str, *, ask: bool) -> None:
    """The time zone of notes, where the settings name none: the company's, as far as it can be found."""
    if files.names_zone(CONFIG_FILE):
        return
    zone = zone_of(number) or machine_zone() or (_asked_for_zone() if ask else None)
    if zone and (file := files.set_zone(CONFIG_FILE, zone)):
        terminal.say(
            phrase("Notes have the time of {zone}: activities.zone in {file}.", zone=zone, file=file)
        )


def _asked_for_zone() -> str:
    question = phrase("The time zone of times in notes, such as Europe/Paris")
    while not is_zone(zone := terminal.prompt(question, default="UTC").strip()):
        terminal.say(phrase("{zone}: the IANA database has no such time zone.", zone=zone))
    return zone


def _prepare(*, yes: bool) -> bool:
    done = True
    if yes or terminal.confirm(phrase("Prepare the Twilio account now (setup twilio)?"), default=True):
        done = prepare_account(None, name=NAME, numbers=(), dry_run=False, yes=yes)
    if yes or terminal.confirm(phrase("Prepare the workspace in Twenty now (setup twenty)?"), default=True):
        done = provide(None, dry_run=False, ask=not yes) and done
        if done and not yes:
            offer_app(None)
    if done and not yes:
        _offer_links()
    terminal.say(phrase("Next: twenty-bridge serve, and then twenty-bridge doctor."))
    return done


def _offer_links() -> None:
    """Raises InboxUnavailable."""
    agents = load().agents.names
    if not agents:
        return
    terminal.say(
        phrase(
            "Agents sign in to the phone by a link, which works once, within an hour. A link made here works "
            "for a bridge that runs here; in Docker or under systemd, make it there: keys new --link."
        )
    )
    if terminal.confirm(phrase("Make a link for each agent now?"), default=True):
        links.run(None, agents, as_json=False)


def _say_what_is_left() -> bool:
    terminal.say(phrase("Next: twenty-bridge setup twilio, setup twenty, serve, and then doctor."))
    return True
