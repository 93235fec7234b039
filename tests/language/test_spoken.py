"""The language of a command: as asked for, else that of the environment."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bridge.cli import app, terminal
from bridge.language.phrase import phrase
from bridge.language.spoken import Language, language_of, speak


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "FR_be@euro"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fro"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "fr"),
        ({"LC_MESSAGES": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "", "LANG": "fr_CA"}, "fr"),
    ],
)
def test_it_is_the_user_s_language(environ: Mapping[str, str], language: str) -> None:
    assert language_of(environ) == language


@pytest.mark.parametrize(
    ("options", "locale", "asks"),
    [
        ((), "fr_FR.UTF-8", "L'adresse (URL) de Twenty : "),
        (("--language", "fr"), "C", "L'adresse (URL) de Twenty : "),
        (("--language", "en"), "fr_FR.UTF-8", "Twenty's URL: "),
        ((), "C", "Twenty's URL: "),
    ],
)
async def test_init_asks_in_it(
    options: tuple[str, ...], locale: str, asks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWENTY_API_URL", raising=False)
    monkeypatch.setenv("LC_ALL", locale)
    # In a thread, as its language is that of the context.
    done = await asyncio.to_thread(CliRunner().invoke, app, [*options, "init"])
    assert done.output.startswith(asks.rstrip())


@pytest.mark.parametrize(
    ("language", "answer", "is_yes"),
    [("fr", "o", True), ("fr", "Oui", True), ("fr", "y", True), ("fr", "non", False), ("en", "yes", True)],
)
async def test_yes_is_said_in_it(language: Language, answer: str, *, is_yes: bool) -> None:
    command = typer.Typer()

    @command.command()
    def asks() -> None:
        speak(language)
        terminal.say(str(terminal.confirm(phrase("Go on?"))))

    done = await asyncio.to_thread(CliRunner().invoke, command, input=f"x\n{answer}\n")
    assert done.output.splitlines()[-1].endswith(str(is_yes))
    assert done.output.splitlines()[1] == (
        "o ou n, s'il vous plaît." if language == "fr" else "y or n, please."
    )
