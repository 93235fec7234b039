"""What is said of a wrong setting names the place where it was read, and no other."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import SettingsInvalid
from bridge.settings import load
from bridge.settings.origins import lines_of
from tests.settings.conftest import ENVIRONMENT, Load

CONFIG = """# Of the shop.
server:
  host: 127.0.0.1
  port: http
auth:
  keys:
    - name: reception
      hash: tbk_secret
lines: {numbers: {'+33159130001': {ring: [{seconds: 1}]}}}
log:
  levl: info
twilio: {region: 7}
"""


def told(loading: Load, folder: Path, *files: str, **changes: str | None) -> list[str]:
    with pytest.raises(SettingsInvalid) as invalid:
        loading(*files, **changes)
    return [problem.replace(f"{folder}/", "") for problem in invalid.value.problems]


def test_a_setting_of_the_file_is_named_with_its_line(loading: Load, tmp_path: Path) -> None:
    shown = told(loading, tmp_path, CONFIG)
    assert {problem.split(": ")[0]: problem.rpartition(" [")[2] for problem in shown} == {
        "server.port": "config.yaml, line 4]",
        "auth.keys.1.hash": "config.yaml, line 8]",
        "lines.numbers.+33159130001.ring.1.seconds": "config.yaml, line 9]",
        "log.levl": "config.yaml, line 11]",
        "twilio.region": "config.yaml, line 12]",
    }


@pytest.mark.parametrize(
    ("config", "env_file", "changes", "place"),
    [
        ("server: {port: a}", "", {}, "config.yaml, line 1"),
        ("\nserver: {port: a}", "BRIDGE_PORT=", {"BRIDGE_PORT": " "}, "config.yaml, line 2"),
        ("server: {port: 1}", "# BRIDGE_PORT=2\n\n\nBRIDGE_PORT=b\n", {}, ".env, line 4"),
        ("server: {port: a}", "export BRIDGE_PORT='b'\nBRIDGE_PORT=c", {}, ".env, line 2"),
        ("server: {port: 1}", "BRIDGE_PORT=2", {"BRIDGE_PORT": "c"}, "environment"),
    ],
)
def test_the_place_is_that_of_the_value_that_counts(
    loading: Load, tmp_path: Path, config: str, env_file: str, changes: dict[str, str], place: str
) -> None:
    (shown,) = told(loading, tmp_path, config, env_file, **changes)
    name = "server.port" if "config.yaml" in place else "BRIDGE_PORT (server.port)"
    assert shown == f"{name}: should be a whole number; for example: 8080 [{place}]"


def test_what_is_missing_has_no_place(loading: Load, tmp_path: Path) -> None:
    (shown,) = told(loading, tmp_path, "twilio: {}", TWILIO_APP_SID=None)
    assert shown == (
        "TWILIO_APP_SID (twilio.app_sid): is missing; for example: AP0123456789abcdef0123456789abcdef"
    )


@pytest.mark.parametrize(
    ("env_file", "changes", "said"),
    [
        (
            "",
            {"TWILIO_AUTH_TOKN": "secret-x", "TWILIO_AUTH_TOKEN": None},
            "TWILIO_AUTH_TOKN: is unknown; did you mean TWILIO_AUTH_TOKEN? [environment]",
        ),
        ("\nBRIDGE_PROT=secret-x", {}, "BRIDGE_PROT: is unknown; did you mean BRIDGE_PORT? [.env, line 2]"),
        (
            "TWENTY_API_TOKENS=secret-x",
            {"TWENTY_API_TOKEN": None},
            "TWENTY_API_TOKENS: is unknown; did you mean TWENTY_API_TOKEN? [.env, line 1]",
        ),
    ],
)
def test_a_misspelt_variable_is_named_with_the_nearest(
    loading: Load, tmp_path: Path, env_file: str, changes: dict[str, str | None], said: str
) -> None:
    shown = told(loading, tmp_path, "", env_file, **changes)
    assert said in shown
    assert "secret-x" not in str(shown)


@pytest.mark.parametrize(
    "others",
    [
        {"TWILIO_API_KEY_SID": "SK", "TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"},
        # Kubernetes tells each container of a service that is called bridge.
        {"BRIDGE_SERVICE_PORT": "80", "BRIDGE_PORT_8080_TCP": "tcp://10.0.0.1:8080"},
        {"BRIDGE_SITE": "phone.example.com", "TWENTY_HOST": "crm.example.com", "TWENTY_TAG": "v2"},
        # Set to nothing it says nothing.
        {"BRIDGE_PROT": "", "TWILIO_AUTH_TOKN": " "},
        # Beside the right one it cannot be meant for it.
        {"TWILIO_AUTH_TOKENS": "of another program"},
    ],
)
def test_variables_of_others_are_no_mistakes(loading: Load, others: dict[str, str]) -> None:
    assert loading(**others) == loading()


def test_a_folder_without_settings_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsInvalid) as invalid:
        load(environ={})
    empty = f"{tmp_path}: has no config.yaml and no .env; twenty-bridge init makes them"
    assert invalid.value.problems == [empty]
    with pytest.raises(SettingsInvalid) as invalid:
        load(environ={**ENVIRONMENT, "TWENTY_API_URL": ""})
    assert invalid.value.problems[0] == empty
    assert invalid.value.problems[1].startswith("TWENTY_API_URL (twenty.api_url): is missing")
    with pytest.raises(SettingsInvalid) as invalid:
        load(Path("elsewhere.yaml"), environ=ENVIRONMENT)
    assert invalid.value.problems == ["elsewhere.yaml: cannot be read (No such file or directory)"]
    assert load(environ=ENVIRONMENT).server.port == 8080


def test_a_credential_of_systemd_takes_the_place_of_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (tmp_path / ".env").write_text("BRIDGE_PORT=1\n")
    given = {**ENVIRONMENT, "CREDENTIALS_DIRECTORY": str(credentials)}
    assert load(environ=given).server.port == 1
    (credentials / "env").write_text("BRIDGE_PORT=2\n")
    assert load(environ=given).server.port == 2
    (credentials / "env").write_text("BRIDGE_PORT=x\n")
    with pytest.raises(SettingsInvalid, match=r"credentials/env, line 1\]"):
        load(environ=given)


KEYS = st.text("abcxyz_-.+ é#:", min_size=1, max_size=6)
TREES = st.recursive(
    st.integers() | st.text("ab: #\n", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def paths(tree: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    if isinstance(tree, dict):
        parts = list(tree.items())
    else:
        parts = list(enumerate(tree)) if isinstance(tree, list) else []
    below = (paths(value, (*path, key)) for key, value in parts)
    return {(*path, key) for key, _ in parts}.union(*below)


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.booleans())
def test_each_key_has_a_line_and_it_stands_there(tree: dict[str, object], in_a_line: bool) -> None:
    text = yaml.safe_dump(tree, default_flow_style=in_a_line, allow_unicode=True, width=20)
    lines, found = text.splitlines(), lines_of(text)
    assert set(found) == paths(tree)
    for path, line in found.items():
        words = str(path[-1]).split() if isinstance(path[-1], str) else ()
        assert not words or words[0] in lines[line - 1]


def test_aliases_cost_no_more_than_their_text() -> None:
    names = [f"a{n}" for n in range(60)]
    pairs = pairwise(names)
    more = "".join(f"{name}: &{name} [*{before}, *{before}]\n" for before, name in pairs)
    assert len(lines_of(f"a0: &a0 [x, x]\n{more}")) == 60 + 2 * 60
