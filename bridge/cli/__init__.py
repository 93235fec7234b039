"""The command line: a command's options and what it does stand in one module, named as the command is."""

import errno
import gc
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from typer.core import TyperCommand, TyperGroup

from bridge.cli import terminal
from bridge.errors import BridgeError, SandboxMissing
from bridge.language.phrase import phrase, phrase_of
from bridge.language.spoken import Language, language_of, said, speak
from bridge.observability.colour import in_colour

COMMANDS: Mapping[str, str] = {
    "init": "Set up: ask for what cannot be found out, check it, write config.yaml and .env, "
    "prepare systems.",
    "serve": "Run the bridge.",
    "doctor": "Check every setting and connection, and say how to fix what is wrong; "
    "exit status 1 if one fails.",
    "backup": "Copy the database as of this moment, while the bridge runs.",
    "backfill": "Bring the calls that Twilio remembers into Twenty. Running it again changes nothing.",
    "demo": "Place calls, out and in, through a sandbox Twilio, the bridge and a sandbox Twenty.",
    "conformance": "Compare a server with the recorded Twenty; it writes records.",
    "setup": "Prepare Twilio and Twenty for the bridge.",
    "token": "Print an access token, or explain one.",
    "keys": "Keys and sign-in links of agents who are no users of Twenty.",
    "twilio": "Look into the Twilio account.",
    "calls": "The calls that the inbox knows.",
    "people": "The people that Twenty knows.",
    "sandbox": "A Twilio and a Twenty to try things on.",
}
"""What `--help` lists; the module of a command is imported when the command is run."""

SANDBOX = ("bridge.sandbox", "bridge.demo")
"""What the production image leaves out."""


class Commands(TyperGroup):
    """Lists commands by their sentence alone, so that `--help` imports nothing of the bridge.

    https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, sentence in COMMANDS.items():
            self.add_command(TyperCommand(name, help=sentence))
        _explain_plainly_where_narrow(self)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`--config` is an option of the commands, and also understood before them."""
        parsed: list[str] = super().parse_args(ctx, _config_last(args))
        return parsed

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of that name, loaded."""
        name, listed, rest = super().resolve_command(ctx, args)
        loaded = listed and typer.main.get_command(load(str(name)))
        if loaded:
            _explain_plainly_where_narrow(loaded)
        return name, loaded, rest


NARROW = 80
"""Columns below which Rich's boxes leave so little room that they cut words off."""


def _explain_plainly_where_narrow(command: Any) -> None:
    """Has `--help` of a command, and of those below it, wrap its words between spaces alone."""
    if shutil.get_terminal_size().columns < NARROW:
        command.rich_markup_mode = None
        for below in getattr(command, "commands", {}).values():
            # Without one of its own, a list shows the beginning of the help alone.
            below.short_help = (below.help or "").partition("\n\n")[0]
            _explain_plainly_where_narrow(below)


def _config_last(args: Sequence[str]) -> list[str]:
    command = next((place for place, word in enumerate(args) if word in COMMANDS), 0)
    for place, option in enumerate(args[:command]):
        if option == "--config" or option.startswith("--config="):
            end = place + (2 if option == "--config" else 1)
            return [*args[:place], *args[end:], *args[place:end]]
    return list(args)


def load(command: str) -> typer.Typer:
    """What the module of a command declares. Raises SandboxMissing."""
    try:
        declared: typer.Typer = import_module(f"{__name__}.{command}").app
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith(SANDBOX):
            raise
        raise SandboxMissing(command) from None
    _resume_garbage_collection()
    return declared


def _resume_garbage_collection() -> None:
    """Ends the pause of `main`; what was imported meanwhile stays, and is never searched for garbage."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


app = typer.Typer(name="twenty-bridge", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _show_version(asked: bool) -> None:
    if asked:
        terminal.say(f"twenty-bridge {version('twenty-twilio-bridge')}")
        raise typer.Exit


@app.callback()
def twenty_bridge(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    language: Annotated[
        Language | None,
        typer.Option(
            help="The language of what commands say; by default that of LC_ALL, LC_MESSAGES or LANG."
        ),
    ] = None,
) -> None:
    """A bridge between Twilio Voice and Twenty CRM."""
    speak(language or language_of(os.environ))


def log_plainly() -> None:
    """Logs to the standard error: what is printed is for programs, too.

    A traceback has no local variables: secrets stand among them.
    """
    *processors, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=in_colour(sys.stderr), exception_formatter=structlog.dev.plain_traceback
    )
    logger_factory = structlog.PrintLoggerFactory(file=sys.stderr)
    structlog.configure(processors=[*processors, plain], logger_factory=logger_factory)


def open_standard_streams() -> None:
    """Opens those that the process was started without (`2>&-`).

    The next file would have their descriptor otherwise: what a library prints would go into the database.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good


def main() -> None:
    """Runs a command; what goes wrong is told in a sentence, not in a traceback."""
    open_standard_streams()
    # A search for garbage in what modules make as they are imported takes a fifth of a start.
    gc.disable()
    # `serve` and others say more of their logs.
    log_plainly()
    terminal.escape_unknown(sys.stdout, sys.stderr)
    try:
        app()
    except BridgeError as error:
        terminal.say(*said(phrase_of(error)).split("\n"), err=True)
        raise SystemExit(2) from None
    except OSError as failed:
        if failed.errno not in NOT_PRINTED or failed.filename is not None:
            raise
        _give_up_output(failed)
        raise SystemExit(2) from None


NOT_PRINTED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What printing to a disk that is full, or a terminal that is gone, fails with."""


def _give_up_output(failed: OSError) -> None:
    """Says why what was to be printed is not; what is left of it would fail again as the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    reason = os.strerror(failed.errno or 0)
    with suppress(OSError):
        terminal.say(phrase("The output cannot be written: {reason}.", reason=reason), err=True)
