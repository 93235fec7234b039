"""`token` and `token inspect`, as they are typed."""

import json
from pathlib import Path

import pytest

from tests.cli.support import SETTINGS, typed


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with settings and two agents."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("agents: {names: [alice, bob]}\n")
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in SETTINGS.items()))


def test_a_token_explains_itself() -> None:
    _, token = typed("token", "--identity", "bob")
    status, told = typed("token", "inspect", token.strip())
    assert status == 0
    assert "identity     bob" in told
    assert f"signed with  {SETTINGS['TWILIO_API_KEY']} (checked)" in told
    assert "Nothing is wrong" in told
    assert typed("token", "inspect", "-", given=token)[1] == told


def test_without_identity_it_is_the_first_agents() -> None:
    assert json.loads(typed("token", "--json")[1])["identity"] == "alice"


def test_an_empty_identity_is_not_another_agents() -> None:
    assert typed("token", "--identity", "") == (
        2,
        "--identity: names no agent, as a variable that is not set.",
    )


def test_nobody_gets_one_whom_the_widget_would_not() -> None:
    assert "none of the configured agents" in typed("token", "--identity", "mallory")[1]


def test_a_wrong_one_is_told_with_a_status() -> None:
    _, token = typed("token")
    Path(".env").unlink()
    Path("other.yaml").write_text(f"twilio: {{account_sid: {'AC' + '1' * 32}}}\n")
    Path(".env").write_text("TWILIO_AUTH_TOKEN=x\n")
    status, told = typed("token", "inspect", token.strip(), "--config", "other.yaml", "--json")
    assert status == 1
    assert "ours is AC1" in json.loads(told)["problems"][0]


def test_no_settings_are_needed_to_look_at_one() -> None:
    _, token = typed("token")
    Path(".env").unlink()
    status, told = typed("token", "inspect", token.strip())
    assert status == 0
    assert "(not checked)" in told


def test_without_agents_an_identity_has_to_be_named() -> None:
    Path("config.yaml").write_text("")
    assert typed("token") == (2, "Say whose token it is (--identity alice): the settings name no agent.")


def test_who_is_no_agent_is_named_beside_those_who_are() -> None:
    told = typed("token", "--identity", "mallory")[1]
    assert told.startswith("--identity mallory: ")
    assert told.endswith("agents.names has alice, bob.")
