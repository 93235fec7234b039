"""The commands, read from the functions that typer makes them of."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from bridge.cli import app
from bridge.sandbox.twenty import cli as twenty
from bridge.sandbox.twenty import conformance_command as conformance
from bridge.sandbox.twilio import cli as twilio

PASSED_ON: Mapping[str, Callable[..., Any]] = {
    "twenty-bridge conformance": conformance.command,
    "twenty-bridge sandbox twenty": twenty.command,
    "twenty-bridge sandbox twilio": twilio.command,
}
"""Commands that hand their options on, and to whom."""

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


def commands(group: typer.Typer = app, path: str = "twenty-bridge") -> Iterator[Command]:
    """All of them, a group's own before those in it."""
    if group.info.invoke_without_command is True and group.registered_callback:
        yield _command(path, group.registered_callback.callback)
    for one in group.registered_commands:
        called = f"{path} {_name(one)}"
        yield _command(called, PASSED_ON.get(called, one.callback))
    for inner in group.registered_groups:
        if inner.typer_instance:
            yield from commands(inner.typer_instance, f"{path} {inner.name}")


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
