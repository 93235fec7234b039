"""The commands, read from the functions that typer makes them of."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from bridge.cli import COMMANDS, load

VALUES = {"int": "number", "float": "number", "datetime": "time", "Path": "path", "str": "text"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option or an argument; `value` in words, empty where it takes none."""

    names: tuple[str, ...]
    is_option: bool
    value: str
    default: str
    required: bool
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """One of them, with all that it is called by."""

    path: str
    help: str
    parameters: tuple[Parameter, ...]


def commands() -> Iterator[Command]:
    """All of them, a group's own before those in it."""
    for name in COMMANDS:
        yield from _declared(load(name), f"twenty-bridge {name}")


def _declared(by: typer.Typer, path: str) -> Iterator[Command]:
    if not by.registered_callback and len(by.registered_commands) == 1:
        yield _command(path, by.registered_commands[0].callback)
        return
    if by.registered_callback and by.registered_callback.invoke_without_command is True:
        yield _command(path, by.registered_callback.callback)
    for one in by.registered_commands:
        yield _command(f"{path} {_name(one)}", one.callback)


def _name(command: CommandInfo) -> str:
    return command.name or getattr(command.callback, "__name__", "").replace("_", "-")


def _command(path: str, function: Callable[..., Any] | None) -> Command:
    assert function  # noqa: S101 - typer allows for commands without one
    hints = get_type_hints(function, include_extras=True)
    given = inspect.signature(function).parameters.values()
    parameters = (
        _parameter(one, hints[one.name]) for one in given if get_origin(hints[one.name]) is Annotated
    )
    return Command(path, inspect.getdoc(function) or "", tuple(parameters))


def _parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    kind, info = get_args(hint)
    told: OptionInfo | ArgumentInfo = info
    default = None if parameter.default is inspect.Parameter.empty else parameter.default
    variable = f" Also as {told.envvar} in the environment." if told.envvar else ""
    return Parameter(
        names=tuple(_names(parameter.name, told, is_flag=kind is bool)),
        is_option=isinstance(told, OptionInfo),
        value=_value(kind),
        default="" if default is None or isinstance(default, bool) else str(default),
        required=parameter.default is inspect.Parameter.empty,
        help=f"{told.help or ''}{variable}".strip(),
    )


def _names(name: str, told: OptionInfo | ArgumentInfo, *, is_flag: bool) -> Iterator[str]:
    # In Annotated typer takes a first name for the default that the function has itself.
    declared = [given for given in (told.default, *(told.param_decls or ())) if isinstance(given, str)]
    if declared:
        yield from (each for given in declared for each in given.split("/"))
    elif isinstance(told, ArgumentInfo):
        yield name.upper()
    else:
        long = name.replace("_", "-")
        yield from (f"--{long}", f"--no-{long}") if is_flag else (f"--{long}",)


def _value(kind: Any) -> str:
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is list:
        return f"{_value(get_args(kind)[0])} …"
    if kind is bool:
        return ""
    if issubclass(kind, StrEnum):
        return " or ".join(f"`{one}`" for one in kind)
    return VALUES[kind.__name__]
