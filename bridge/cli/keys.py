"""`keys …` makes a key, and writes its hash into `config.yaml`."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import ValidationError

from bridge.cli import links, terminal
from bridge.cli.options import AsJson, ConfigFile
from bridge.errors import CannotWrite, SettingsInvalid
from bridge.language.phrase import phrase, phrase_of
from bridge.language.spoken import said
from bridge.settings import Settings, load
from bridge.settings.access import AuthSettings, KeySettings
from bridge.settings.config_files import CONFIG_FILE
from bridge.settings.explain import explain
from bridge.settings.yaml_text import parse
from bridge.setup import files
from bridge.web.authentication.keys import hashed
from bridge.web.authentication.keys import new as new_key

app = typer.Typer(add_completion=False)


@app.callback()
def keys() -> None:
    """Keys and sign-in links of agents who are no users of Twenty."""


@app.command("new")
def new(
    name: Annotated[str | None, typer.Option(help="What it is called in logs and settings.")] = None,
    identity: Annotated[list[str] | None, typer.Option(help="As whom; may be given again.")] = None,
    pattern: Annotated[str | None, typer.Option(help="As whom: a regular expression.")] = None,
    per_minute: Annotated[int | None, typer.Option(help="How many tokens.")] = None,
    expires: Annotated[str | None, typer.Option(help="Its last day, as 2027-01-31.")] = None,
    *,
    status: Annotated[bool, typer.Option("--status", help="Its holder sees the status page.")] = False,
    write: Annotated[
        bool | None,
        typer.Option("--write/--no-write", help="Write it into config.yaml; so by default at a terminal."),
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="A one-time link instead, to sign in with.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key: it is printed once, and config.yaml gets a line with only a hash of it."""
    if link:
        if not identity:
            raise typer.BadParameter(said(phrase("A link needs an --identity: whose phone it is.")))
        links.run(config, identity, as_json=as_json)
        return
    if name is None:
        raise typer.BadParameter(said(phrase("A key needs a --name.")))
    wanted = {
        "name": name,
        "identities": identity,
        "pattern": pattern,
        "per_minute": per_minute,
        "expires": expires,
        "status": status or None,
    }
    key = new_key()
    given = {option: value for option, value in wanted.items() if value not in (None, [])}
    line = line_of(given, key, today=datetime.now(UTC).date())
    at_terminal = not as_json and sys.stdin.isatty() and sys.stdout.isatty()
    written = _write(config or CONFIG_FILE, line) if (at_terminal if write is None else write) else None
    if as_json:
        told = {"key": key, "line": line}
        terminal.print_json(told if write is None else {**told, "written": bool(written)}, indent=None)
        return
    terminal.say(phrase("The key, which is shown this once:"), "", f"  {key}", "")
    if written:
        terminal.say(phrase("Written into {file}, under auth.keys:", file=written), "", f"    - {line}", "")
        terminal.say(phrase("It counts once the bridge is started again."))
        return
    file = files.own_file(config or CONFIG_FILE, "auth", "keys")
    terminal.say(phrase("For {file}, under auth:", file=file), "", "  keys:", f"    - {line}")


def _write(config: Path, line: str) -> Path | None:
    """The file, if the key could be added to it and written; raises SettingsInvalid for a key that does not
    go with those that are there.
    """
    file = files.own_file(config, "auth", "keys")
    text = files.with_key(file, line)
    if text is None:
        terminal.say(phrase("{file} is left as it is: add the line there.", file=file), "", err=True)
        return None
    with _explained("auth"):
        auth = AuthSettings.model_validate(parse(text)["auth"])
    _check_beside(auth, config)
    try:
        files.write_own(file, text)
    except CannotWrite as unwritten:
        # As in Docker, which mounts it read-only.
        terminal.say(phrase("{reason} Add the line there.", reason=phrase_of(unwritten)), "", err=True)
        return None
    return file


def _check_beside(auth: AuthSettings, config: Path) -> None:
    """Whether the bridge can start with it: agents can be named elsewhere. Raises SettingsInvalid."""
    try:
        there = load(config if config.exists() else None)
    except SettingsInvalid:
        # Of other things, which the next start tells.
        return
    with _explained():
        Settings.model_validate({**dict(there), "auth": auth})


@contextmanager
def _explained(*section: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        raise SettingsInvalid(
            [explain({**error, "loc": (*section, *error["loc"])}) for error in errors]
        ) from None


@app.command("revoke")
def revoke(
    identity: Annotated[list[str], typer.Option(help="Whose phones; may be given again.")],
    *,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign an agent out of all devices, and end the links that are not used yet."""
    links.revoke(config, identity, as_json=as_json)


def line_of(wanted: Mapping[str, object], key: str, *, today: date) -> str:
    """An item of `auth.keys`, in one line of YAML."""
    try:
        checked = KeySettings.model_validate({**wanted, "hash": hashed(key)})
    except ValidationError as invalid:
        raise SettingsInvalid([_told(error) for error in invalid.errors(include_url=False)]) from None
    if checked.expires and checked.expires < today:
        raise SettingsInvalid(
            [phrase("expires: {expires} is over: this key would open nothing", expires=checked.expires)]
        )
    item = checked.model_dump(exclude_defaults=True)
    item |= {"identities": list(checked.identities)} if checked.identities else {}
    order = ("name", "hash", "identities", "pattern", "per_minute", "expires", "status")
    values = {name: item[name] for name in order if name in item}
    return yaml.safe_dump(
        values, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    ).strip()


def _told(error: Mapping[str, Any]) -> str:
    """By the name of the option, which is that of the setting."""
    return explain({**error, "loc": ("auth", "keys", 0, *error["loc"])}).removeprefix("auth.keys.1.")
