"""Reads `.env`, and writes secrets and SIDs into it; what else stands there stays, comments included."""

import os
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values, set_key
from dotenv.parser import Binding, parse_stream

from bridge.errors import CannotWrite, SettingsInvalid
from bridge.language.phrase import Phrase, phrase

FOR_ITS_OWNER = 0o600


def told_by(path: Path) -> Mapping[str, str]:
    """What it says, nothing where there is none; SettingsInvalid where a line of it cannot be read.

    The library leaves such a line out, and the settings would be others than who wrote them believes.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        return {}
    except OSError as problem:
        unread = phrase("{path}: cannot be read ({problem})", path=path, problem=problem.strerror)
        raise SettingsInvalid([unread]) from problem
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SettingsInvalid([phrase("{path}: cannot be read (it should be UTF-8 text)", path=path)])
    if wrong := list(_unreadable(text)):
        raise SettingsInvalid(
            [
                phrase("{path}: line {line} cannot be read{hint}", path=path, line=line, hint=hint)
                for line, hint in wrong
            ]
        )
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value}


def lines_of(path: Path) -> Mapping[str, int]:
    """The line, from 1, of each variable that has a value; none where the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return {line.key: _line_of(line) for line in parse_stream(StringIO(text)) if line.key and line.value}


def twice(path: Path) -> Mapping[str, Sequence[int]]:
    """The lines of each variable to which several lines give different values: the last one counts."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    given: dict[str, dict[int, str]] = {}
    for line in parse_stream(StringIO(text)):
        if line.key and line.value:
            given.setdefault(line.key, {})[_line_of(line)] = line.value
    return {name: list(lines) for name, lines in given.items() if len(set(lines.values())) > 1}


def _line_of(binding: Binding) -> int:
    """The library counts from the empty lines before it."""
    text = binding.original.string
    return binding.original.line + text.removesuffix(text.lstrip()).count("\n")


def _unreadable(text: str) -> Iterator[tuple[int, Phrase]]:
    """Lines, and what is wrong; never what stands there, which may be a secret."""
    for line in parse_stream(StringIO(text)):
        if line.error:
            value = line.original.string.partition("=")[2].lstrip()
            is_open = value.startswith(("'", '"'))
            hint = phrase(" (is a quote left open?)") if is_open else phrase("; for example: NAME=value")
            yield _line_of(line), hint


def remember(path: Path, values: Mapping[str, str]) -> None:
    """Sets the variables, each by replacing the whole file at once; only its owner may read it."""
    try:
        path.touch(mode=FOR_ITS_OWNER)
        path.chmod(FOR_ITS_OWNER)
        for variable, value in values.items():
            set_key(path, variable, value, quote_mode="auto", follow_symlinks=True)
    except OSError as problem:
        unwritten = phrase("{path} cannot be written ({problem}).", path=path, problem=problem.strerror)
        raise CannotWrite(unwritten) from problem


def check_writable(path: Path) -> None:
    """CannotWrite where `remember` would fail: before something is made that is shown only once."""
    folder = path.resolve().parent
    if path.is_dir() or not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise CannotWrite(phrase("{path} cannot be written.", path=path))
