"""`config.local.yaml` over `config.yaml`; `--config` from any folder."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.errors import SettingsInvalid
from bridge.settings import load
from tests.settings.conftest import ENVIRONMENT, written

DEFAULT = "sqlite+aiosqlite:///data/bridge.db"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder; beside it that of a bridge."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


@pytest.mark.parametrize(
    ("shared", "local", "port", "agents"),
    [
        ("server: {port: 1}\nagents: {names: [a]}", "", 1, ("a",)),
        ("server: {port: 1}\nagents: {names: [a]}", "server: {port: 2}", 2, ("a",)),
        ("server: {port: 1}\nagents: {names: [a]}", "agents: {names: [b]}\nserver:\n", 1, ("b",)),
        ("server:\nagents:\n", "server: {port: 2}\nagents: {names: [b]}", 2, ("b",)),
        ("server: {port: 1, host: a.example}", "server: {port: 2}", 2, ()),
    ],
)
def test_a_setting_of_the_local_file_counts(
    shared: str, local: str, port: int, agents: tuple[str, ...]
) -> None:
    written(Path("config.yaml"), shared)
    written(Path("config.local.yaml"), local)
    settings = load(environ=ENVIRONMENT)
    assert (settings.server.port, settings.agents.names) == (port, agents)
    assert (settings.server.host == "a.example") == ("a.example" in shared)


def test_the_local_file_alone_is_enough() -> None:
    written(Path("config.local.yaml"), "server: {port: 2}")
    assert load(environ=ENVIRONMENT).server.port == 2


def test_what_is_wrong_is_told_with_its_file() -> None:
    written(Path("config.yaml"), "log: {level: loud}\nlines: {numbers: {'+33159130001': {ring: 5}}}\nauth: 1")
    written(Path("config.local.yaml"), "\nlines: {numbers: {'+33159130001': {ring: 6}}}\nserver: {prot: 1}")
    with pytest.raises(SettingsInvalid) as invalid:
        load(environ=ENVIRONMENT)
    places = {problem.partition(":")[0]: problem.rpartition("[")[2] for problem in invalid.value.problems}
    assert places == {
        "log.level": "config.yaml, line 1]",
        "lines.numbers.+33159130001.ring": "config.local.yaml, line 2]",
        "auth": "config.yaml, line 3]",
        "server.prot": "config.local.yaml, line 3]",
    }


@pytest.mark.parametrize("text", ["server: [", "5", "\t"])
def test_a_local_file_that_cannot_be_read_is_named(text: str) -> None:
    written(Path("config.local.yaml"), text)
    with pytest.raises(SettingsInvalid, match=r"config\.local\.yaml: "):
        load(environ=ENVIRONMENT)


def test_a_folder_in_its_place_is_named_and_no_device() -> None:
    """Docker mounts /dev/null where there is no file, and makes a folder of one that is named and missing."""
    local = Path("config.local.yaml")
    local.symlink_to("/dev/null")
    load(environ=ENVIRONMENT)
    local.unlink()
    local.mkdir()
    with pytest.raises(SettingsInvalid, match=r"config\.local\.yaml: cannot be read \(Is a directory\)"):
        load(environ=ENVIRONMENT)


@pytest.mark.parametrize(
    ("config", "env_file", "environment", "database"),
    [
        ("", "", {}, "{there}/data/bridge.db"),
        ("inbox: {database_url: 'sqlite+aiosqlite:///calls.db'}", "", {}, "{there}/calls.db"),
        ("inbox: {database_url: 'sqlite+aiosqlite:////srv/a.db'}", "", {}, "/srv/a.db"),
        ("", "BRIDGE_DATABASE_URL=sqlite+aiosqlite:///../a.db", {}, "{there}/../a.db"),
        ("", "", {"BRIDGE_DATABASE_URL": "sqlite+aiosqlite:///a.db"}, "a.db"),
    ],
)
def test_a_relative_path_counts_from_the_file_that_has_it(
    there: Path, config: str, env_file: str, environment: Mapping[str, str], database: str
) -> None:
    written(there / ".env", f"BRIDGE_PORT=9\n{env_file}")
    named = written(there / "config.yaml", config)
    settings = load(named, environ={**ENVIRONMENT, **environment})
    assert settings.server.port == 9
    url = settings.inbox.database_url.get_secret_value()
    assert url == f"sqlite+aiosqlite:///{database.format(there=there)}"


def test_in_the_working_folder_a_path_stays_as_it_is_written(here: Path) -> None:
    named = written(here / "config.yaml", "")
    for config in (None, Path("config.yaml"), named):
        assert load(config, environ=ENVIRONMENT).inbox.database_url.get_secret_value() == DEFAULT


def test_a_database_that_a_former_version_made_here_stays_in_use(here: Path, there: Path) -> None:
    (here / "data").mkdir()
    (here / "data" / "bridge.db").touch()
    named = written(there / "config.yaml", "")
    assert load(named, environ=ENVIRONMENT).inbox.database_url.get_secret_value() == DEFAULT


def test_the_database_of_another_bridge_is_not_taken(here: Path, there: Path) -> None:
    (here / "data").mkdir()
    (here / "data" / "bridge.db").touch()
    written(here / "config.yaml", "")
    named = written(there / "config.yaml", "")
    assert str(there) in load(named, environ=ENVIRONMENT).inbox.database_url.get_secret_value()


@pytest.mark.parametrize("folder", [".", "/", ".."])
def test_a_folder_is_no_file(folder: str) -> None:
    with pytest.raises(SettingsInvalid, match=r": cannot be read \(Is a directory\)"):
        load(Path(folder), environ=ENVIRONMENT)


def test_a_path_that_cannot_be_looked_at_is_named() -> None:
    # As a folder that is closed to this user, which none is to a test of root's.
    with pytest.raises(SettingsInvalid, match=r"config\.yaml: cannot be read \(File name too long\)"):
        load(Path("x" * 300) / "config.yaml", environ=ENVIRONMENT)


def test_an_env_file_here_serves_a_config_that_has_none(there: Path) -> None:
    written(Path(".env"), "BRIDGE_PORT=8")
    assert load(written(there / "config.yaml", ""), environ=ENVIRONMENT).server.port == 8
