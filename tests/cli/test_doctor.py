"""`doctor`, as it is typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bridge.cli import app
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
    assert "Not checked, because of twenty.reachable." in done.output
    assert done.output.strip().endswith("error")


def test_json_for_programs() -> None:
    done = CliRunner().invoke(app, ["doctor", "settings", "database", "--json"])
    assert done.exit_code == 0
    checks = json.loads(done.output)["checks"]
    assert all(set(one) == {"name", "status", "reason", "fix"} for one in checks)
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
