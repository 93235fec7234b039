"""`keys new`, as it is typed: a key, and a line with which it is one."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bridge.cli import app
from bridge.errors import IdentityRefused, NotAuthenticated, SettingsInvalid
from bridge.settings import load
from bridge.settings.access import AgentSettings, AuthSettings
from bridge.settings.served import agents_with
from bridge.web.authentication.keys import keys_of
from tests.cli.support import SETTINGS
from tests.disks import read_only

TODAY = datetime.now(UTC).date()


def typed(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ("keys", "new", *words))
    return done.exit_code, done.stdout or str(done.exception)


def test_what_is_printed_is_a_key_and_its_line() -> None:
    status, told = typed("--name", "reception", "--identity", "alice", "--expires", "9027-01-31")
    key, digest = re.findall(r"tbk_[\w-]{43}|sha256:[0-9a-f]{64}", told)
    assert status == 0
    assert f"- {{name: reception, hash: '{digest}', identities: [alice], expires: 9027-01-31}}" in told
    assert told.count(key) == 1


@pytest.mark.parametrize(
    ("options", "asked", "identity"),
    [
        (["--identity", "alice"], None, "alice"),
        (["--identity", "alice"], "twenty-user-1763800000000", "alice"),
        (["--identity", "jane.doe"], "", "jane_doe"),
        (["--identity", "alice", "--identity", "bob"], "bob", "bob"),
        (["--pattern", "desk-[0-9]"], "desk-1", "desk_1"),
    ],
)
def test_the_line_makes_the_key_one(
    tmp_path: Path, options: list[str], asked: str | None, identity: str
) -> None:
    told = json.loads(typed("--name", 'the : of "é"', *options, "--per-minute", "3", "--json")[1])
    written = tmp_path / "config.yaml"
    written.write_text(f"auth:\n  keys:\n    - {told['line']}\n")
    auth = AuthSettings.model_validate(yaml.safe_load(written.read_text())["auth"])
    key = keys_of(auth, agents_with(AgentSettings(), auth)).held(told["key"], today=TODAY)
    assert key is not None
    caller = key.caller
    assert (caller.name, caller.per_minute) == ('the : of "é"', 3)
    assert caller.agent(asked) == identity


def test_a_key_for_the_status_page_calls_as_nobody() -> None:
    told = json.loads(typed("--name", "office", "--status", "--json")[1])
    auth = AuthSettings.model_validate({"keys": [yaml.safe_load(told["line"])]})
    key = keys_of(auth, agents_with(AgentSettings(names=("alice",)), auth)).held(told["key"], today=TODAY)
    assert key is not None
    assert key.caller.sees_status
    with pytest.raises(IdentityRefused):
        key.caller.agent("alice")


def test_no_key_is_made_that_is_over() -> None:
    status, told = typed("--name", "a", "--expires", "2020-01-01")
    assert status != 0
    assert "expires: 2020-01-01 is over" in told


def test_a_key_holds_through_its_last_day() -> None:
    told = json.loads(typed("--name", "a", "--expires", TODAY.isoformat(), "--json")[1])
    keys = keys_of(
        AuthSettings.model_validate({"keys": [yaml.safe_load(told["line"])]}),
        agents_with(AgentSettings(), AuthSettings()),
    )
    assert keys.held(told["key"], today=TODAY) is not None
    with pytest.raises(NotAuthenticated):
        keys.held(told["key"], today=TODAY + timedelta(days=1))
    assert keys.held(told["key"][:-1], today=TODAY) is None


def test_no_two_are_alike() -> None:
    assert len({json.loads(typed("--name", "a", "--json")[1])["key"] for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--identity", "wm_1"], "identities: has wm_1"),
        (["--identity", "a.b", "--identity", "a-b"], "one agent to Twilio"),
        (["--pattern", "("], "pattern: should be a regular expression"),
        (["--expires", "never"], "expires: should be a date; for example: 2027-01-31"),
        (["--per-minute", "0"], "per_minute: should be at least 1; for example: 10"),
    ],
)
def test_what_no_key_may_have(options: list[str], problem: str) -> None:
    status, told = typed("--name", "a", *options)
    assert status != 0
    assert problem in told
    assert "tbk_" not in told


CONFIG = f"""# Ours.
auth:
  anonymous: false  # never
  keys:
    # The desk.
    - {{name: desk, hash: 'sha256:{"0" * 64}', identities: [desk]}}
log: {{level: info}}
"""


def test_a_key_is_written_among_those_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    status, told = typed("--name", "reception", "--identity", "alice", "--write")
    (key,) = re.findall(r"tbk_[\w-]{43}", told)
    assert status == 0
    assert "Written into config.yaml, under auth.keys" in told
    after = Path("config.yaml").read_text().splitlines()
    (line,) = (line for line in after if line not in CONFIG.splitlines())
    assert [other for other in after if other != line] == CONFIG.splitlines()
    auth = AuthSettings.model_validate(yaml.safe_load("\n".join(after))["auth"])
    assert keys_of(auth, agents_with(AgentSettings(), auth)).held(key, today=TODAY) is not None


def test_without_a_file_it_is_the_shipped_one_that_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = Path("config.yaml").read_text().splitlines()
    monkeypatch.chdir(tmp_path)
    typed("--name", "reception", "--write")
    text = Path("config.yaml").read_text()
    assert [key["name"] for key in yaml.safe_load(text)["auth"]["keys"]] == ["reception"]
    assert set(shipped) <= set(text.splitlines())


def test_a_key_that_does_not_go_with_the_others_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    status, told = typed("--name", "desk", "--write")
    assert status != 0
    assert "auth.keys: has the name desk twice" in told
    assert Path("config.yaml").read_text() == CONFIG


def test_a_key_with_which_the_bridge_would_not_start_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    agents = "agents: {names: [jane@example.com]}\n"
    Path("config.yaml").write_text(agents)
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in SETTINGS.items()))
    status, told = typed("--name", "desk", "--identity", "jane+example.com", "--write")
    assert (status, Path("config.yaml").read_text()) == (1, agents)
    assert "has jane@example.com and jane+example.com, which are one agent to Twilio" in told
    # As Twilio calls her, and as `init` shows it.
    assert typed("--name", "desk", "--identity", "jane_example_com", "--write")[0] == 0
    (key,) = load().auth.keys
    assert key.identities == ("jane_example_com",)


@pytest.mark.parametrize("config", ["auth: {keys: 5}\n", "auth: {\n", "\xff"])
def test_a_file_that_cannot_take_it_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(config, encoding="latin-1")
    done = CliRunner().invoke(app, ("keys", "new", "--name", "a", "--write"))
    assert "config.yaml is left as it is: add the line there." in done.stderr
    assert "For config.yaml, under auth:" in done.stdout
    assert Path("config.yaml").read_text(encoding="latin-1") == config


def test_a_key_is_shown_where_its_file_may_only_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Docker, where the settings are mounted so."""
    monkeypatch.chdir(tmp_path)
    config = Path("config.yaml")
    config.write_text(CONFIG)
    with read_only(config.absolute()):
        done = CliRunner().invoke(app, ("keys", "new", "--name", "a", "--write"))
    assert done.exit_code == 0
    assert "config.yaml cannot be written" in done.stderr
    assert "  tbk_" in done.stdout
    assert "For config.yaml, under auth:" in done.stdout
    assert config.read_text() == CONFIG


def test_nothing_is_written_unasked_where_a_program_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert typed("--name", "a")[0] == typed("--name", "a", "--json")[0] == 0
    assert not Path("config.yaml").exists()


def test_a_link_is_made_for_an_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("agents: {names: [alice, Jane@x.example]}\n")
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in SETTINGS.items()))
    status, told = typed("--link", "--identity", "alice", "--identity", "jane@X.example", "--json")
    assert status == 0, told
    alice, jane = json.loads(told.splitlines()[-1])
    assert (alice["identity"], jane["identity"]) == ("alice", "jane_x_example")
    assert re.fullmatch(r"https://phone\.example\.com/phone#sign-in=tbl_[\w-]{43}", alice["link"])
    assert alice["link"] != jane["link"]
    assert "carol is no agent" in typed("--link", "--identity", "carol")[1]
    assert typed("--link")[0] == typed("--identity", "alice")[0] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [((), "Une clé exige un --name."), (("--link",), "Un lien exige un --identity")],
)
async def test_what_is_missing_is_told_in_the_operator_s_language(words: tuple[str, ...], told: str) -> None:
    typed_words = ["--language", "fr", "keys", "new", *words]
    done = await asyncio.to_thread(CliRunner().invoke, app, typed_words, None, {"COLUMNS": "120"})
    assert told in done.stderr


def test_an_agent_is_signed_out_of_all_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("agents: {names: [alice, bob]}\n")
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in SETTINGS.items()))
    revoke = ["keys", "revoke", "--identity", "alice"]
    missing = CliRunner().invoke(app, revoke)
    assert missing.exit_code != 0
    assert typed("--link", *("--identity", "alice") * 2, "--identity", "bob")[0] == 0
    ended = CliRunner().invoke(app, [*revoke, "--identity", "gone", "--json"])
    assert json.loads(ended.stdout) == [{"agent": "alice", "ended": 2}, {"agent": "gone", "ended": 0}]
    assert isinstance(ended.exception, SettingsInvalid)
    assert "gone is no agent" in str(ended.exception)
    assert CliRunner().invoke(app, revoke).exit_code == 0
    told = CliRunner().invoke(app, [*revoke, "--identity", "bob"]).output
    assert "bob: links and devices ended: 1." in told
    assert "within 60 minutes" in told
