"""`cli.md`, from the commands: what `--help` says, on one page."""

from collections.abc import Iterator, Sequence

from docs.generate.commands import Command, Parameter, commands
from docs.generate.markdown import code, codes, sentence, table
from docs.generate.markdown import page as whole

ABOUT = """\
A command ends with 0; with 1 where what was asked for is missing, wrong or not done; with 2 where it
cannot do it, and says why on the standard error. Every command has `--help`."""


def page() -> str:
    """The page."""
    return whole("Commands", "the command line itself", _parts())


def _parts() -> Iterator[str]:
    yield ABOUT.replace("\n", " ")
    every = sorted(commands(), key=lambda one: one.path)
    yield table(("Command", "What it does"), [(_link(one.path), sentence(_first(one))) for one in every])
    for one in every:
        yield from _command(one)


def _link(path: str) -> str:
    return f"[{code(path)}](#{path.replace(' ', '-')})"


def _first(command: Command) -> str:
    return command.help.split("\n\n")[0]


def _command(command: Command) -> Iterator[str]:
    yield f"## {command.path}"
    yield sentence(" ".join(command.help.split()))
    yield f"```\n{_usage(command)}\n```"
    arguments = [one for one in command.parameters if not one.is_option]
    yield table(("Argument", "What it is"), [(code(one.names[0]), one.help) for one in arguments])
    options = [one for one in command.parameters if one.is_option]
    yield table(("Option", "Value", "Default", "What it is"), map(_option, options))


def _usage(command: Command) -> str:
    arguments = [one for one in command.parameters if not one.is_option]
    needed = [f"{one.names[0]} …" for one in command.parameters if one.is_option and one.required]
    named = [one.names[0] if one.required else f"[{one.names[0]}]" for one in arguments]
    return " ".join([command.path, *needed, *named, "[OPTIONS]"])


def _option(option: Parameter) -> Sequence[str]:
    default = "required" if option.required else code(option.default) if option.default else ""
    return codes(option.names), option.value, default, option.help
