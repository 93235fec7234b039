"""Everything that a command prints or asks passes the one module that escapes it."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextvars import copy_context
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bridge.cli import terminal
from bridge.language.spoken import Language, speak

BRIDGE = Path(__file__).parents[2] / "bridge"
PRINTS = frozenset({"print", "input", "echo", "secho", "prompt", "confirm", "write", "writelines"})
OWNERS = frozenset({"", "typer", "click", "sys.stdout", "sys.stderr", "console", "Console()", "rich"})
WORD = re.compile(r"[\w.-]{5,}")
FOREIGN = ["a\nb", "a\rb", "\x1b[2J", "\x9b2J", "\u202eabc", "\u2028", "a\x00b", "\ud800"]
LEFT_OUT = frozenset({"sandbox", "demo"})
"""Played with on one machine; what they print is their own."""
BETWEEN_PROCESSES = "twenty/schema/compare.py"
"""Its JSON goes through a pipe to the process that started it, and to no terminal."""


def printed(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            owner, _, name = ast.unparse(node.func).rpartition(".")
            if name in PRINTS and owner in OWNERS:
                yield f"{owner}.{name}"


def test_nothing_is_printed_past_the_one_module() -> None:
    found = {
        str(path.relative_to(BRIDGE))
        for path in BRIDGE.rglob("*.py")
        if not LEFT_OUT.intersection(path.parts) and any(printed(path.read_text(encoding="utf-8")))
    }
    assert found == {"cli/terminal.py", BETWEEN_PROCESSES}


@pytest.mark.parametrize(
    "source", ["print(x)", "typer.echo(x)", "typer.prompt(x)", "sys.stdout.write(x)", "input()"]
)
def test_a_planted_print_is_found(source: str) -> None:
    assert list(printed(source))


@pytest.mark.parametrize(
    "foreign", ["a\nb", "a\rb", "\x1b[2J", "\x9b2J", "\u202eabc", "\u2028", "a\x00b", "\ud800"]
)
def test_no_text_from_outside_moves_the_cursor(foreign: str, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say(f"From {foreign}.")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.removesuffix("\n").isprintable()


@pytest.mark.parametrize(("charset", "shown"), [("latin-1", b"\\u0160\xe1rka"), ("utf-8", "Šárka".encode())])
def test_a_terminal_of_another_character_set_shows_escapes(
    charset: str, shown: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = TextIOWrapper(BytesIO(), encoding=charset)
    monkeypatch.setattr("sys.stdout", out)
    terminal.escape_unknown(out)
    terminal.say("Šárka")
    out.flush()
    assert out.buffer.getvalue() == shown + b"\n"


@given(st.text())
def test_a_line_stays_one(text: str) -> None:
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("typer.echo", lambda shown, **_: said.append(shown))
        terminal.say(text)
        terminal.print_json({"text": text}, indent=None)
    assert not any({"\n", "\r", "\x1b", "\x9b"}.intersection(shown) for shown in said)


@pytest.mark.parametrize(("language", "said"), [("en", "\nAborted.\n"), ("fr", "\nInterrompu.\n")])
def test_a_question_that_is_broken_off_says_so_in_its_language(language: Language, said: str) -> None:
    app = typer.Typer()

    @app.command()
    def ask() -> None:
        speak(language)
        terminal.confirm("Go on?")

    done = copy_context().run(CliRunner().invoke, app, [], input="")
    assert (done.exit_code, done.stderr) == (1, said)


def helped(words: tuple[str, ...], columns: int) -> str:
    command = [sys.executable, "-m", "bridge", *words, "--help"]
    env = {**os.environ, "COLUMNS": str(columns)}
    return subprocess.run(command, env=env, capture_output=True, check=True, encoding="utf-8").stdout


@pytest.mark.parametrize("words", [(), ("setup", "twenty"), ("calls",), ("sandbox", "twilio")])
def test_help_cuts_no_word_off_in_a_narrow_terminal(words: tuple[str, ...]) -> None:
    narrow = helped(words, 60)
    assert max(map(len, narrow.splitlines())) <= 60
    assert [word for word in WORD.findall(helped(words, 200)) if word not in narrow] == []
