"""`doctor`, as it is typed."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bridge.cli import app
from bridge.language.phrase import phrase
from bridge.language.spoken import Language, in_language
from tests.cli.support import SETTINGS


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with settings of which nothing is there."""
    monkeypatch.chdir(tmp_path)
    values = SETTINGS | {"TWILIO_API_URL": "http://127.0.0.1:1", "BRIDGE_PORT": "1"}
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    Path(".env").chmod(0o600)


def test_each_check_has_a_line_and_what_mends_it() -> None:
    done = CliRunner().invoke(app, ["doctor", "twenty"])
    assert done.exit_code == 1
    assert "http://127.0.0.1:1/healthz cannot be reached: Connection refused." in done.output
    assert "→ Start Twenty, or set TWENTY_API_URL." in done.output
    assert done.output.count("Not checked, because of twenty.reachable.") > 5
    # twenty.key_expiry, which was checked, stands between them.
    assert done.output.count("→ Fix twenty.reachable, then run doctor again.") == 2
    assert done.output.strip().endswith("error")


def test_json_for_programs() -> None:
    done = CliRunner().invoke(app, ["doctor", "settings", "database", "--json"])
    assert done.exit_code == 0
    checks = json.loads(done.output)["checks"]
    assert all(set(one) == {"name", "status", "reason", "fix", "translations"} for one in checks)
    assert [one["name"] for one in checks if one["name"] != "database.space"] == [
        "settings",
        "settings.anonymous",
        "settings.env_file",
        "database.writable",
        "database.private",
        "database.migrated",
        "database.forgotten",
    ]


def test_settings_that_do_not_hold_are_findings() -> None:
    Path(".env").write_text("TWILIO_APP_SID=nonsense\n")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    checks = json.loads(done.output)["checks"]
    assert {(one["name"], one["status"]) for one in checks} == {("settings", "error")}
    assert any(one["reason"].startswith("TWILIO_APP_SID") for one in checks)


@pytest.mark.parametrize("options", [(), ("--language", "fr")])
async def test_it_speaks_the_operator_s_language(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C" if options else "fr_FR.UTF-8")
    # In a thread, as its language is that of the context.
    done = await asyncio.to_thread(CliRunner().invoke, app, [*options, "doctor", "twenty"])
    assert done.exit_code == 1
    assert "ERREUR    twenty.reachable" in done.output
    assert "http://127.0.0.1:1/healthz est injoignable : Connection refused." in done.output
    assert "→ Démarrez Twenty, ou réglez TWENTY_API_URL." in done.output
    assert "Non vérifié, à cause de twenty.reachable." in done.output
    assert done.output.strip().endswith("erreur")


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_every_verdict_begins_in_one_column(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """“attention” is longer than “warning”."""
    Path(".env").chmod(0o644)
    done = await asyncio.to_thread(CliRunner().invoke, app, ["--language", language, "doctor", "settings"])
    named = [line for line in done.output.splitlines() if " settings" in line]
    assert in_language(phrase("warning"), language) in done.output
    assert len({line.index(" settings") for line in named}) == 1
    assert len(named) >= 3


async def test_what_programs_read_is_the_same_in_every_language() -> None:
    told = ["doctor", "settings", "twenty.reachable", "--json"]
    english, french = [
        await asyncio.to_thread(CliRunner().invoke, app, ["--language", language, *told])
        for language in ("en", "fr")
    ]
    assert json.loads(french.output) == json.loads(english.output)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["doctor"], "TWENTY_API_URL (twenty.api_url) : doit être une adresse qui commence par https://"),
        (
            ["serve"],
            "Ces réglages ne sont pas valides :\n  - TWENTY_API_URL (twenty.api_url) : doit être une adresse",
        ),
        (["setup", "twenty"], "  - TWENTY_API_URL (twenty.api_url) : doit être une adresse"),
    ],
)
def test_wrong_settings_are_explained_in_it(command: list[str], told: str) -> None:
    with Path(".env").open("a") as env_file:
        env_file.write("TWENTY_API_URL=ftp://crm.example.com\n")
    environment = {**os.environ, "LC_ALL": "fr_FR.UTF-8", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "bridge", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert told in done.stdout + done.stderr
    assert "should" not in done.stdout + done.stderr


def test_of_many_wrong_settings_the_fix_is_said_once() -> None:
    Path(".env").write_text("TWILIO_APP_SID=nonsense\nBRIDGE_PORT=http\n")
    done = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "300"})
    assert done.exit_code == 1
    assert done.output.count("→ Set it right in the environment") == 1
    assert "→ Set it right" in done.output.splitlines()[-3]
