"""The files of the settings: `config.yaml`, and beside it `config.local.yaml`, which git ignores.

A setting of the local file takes the place of the same setting of `config.yaml`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.language.phrase import Phrase, phrase
from bridge.settings.origins import SettingPath, lines_of
from bridge.settings.yaml_text import NOT_YAML, YamlInvalid, parse

CONFIG_FILE = Path("config.yaml")
ENV_FILE = Path(".env")

DATABASE = "sqlite+aiosqlite:///data/bridge.db"
"""Unless one is named."""
SQLITE = re.compile(r"(sqlite\+aiosqlite:///)([^/].*)", re.DOTALL)


def is_there(path: Path) -> bool:
    """Whether it exists, as far as this user can see: a folder on its way can be closed to them."""
    try:
        return path.exists()
    except OSError:
        return False


def local_of(config: Path) -> Path:
    """`config.local.yaml` of `config.yaml`."""
    return config.parent / f"{config.stem}.local{config.suffix}"


def env_file_of(config: Path | None) -> Path:
    """The `.env` beside a file that was named, if there is one; else the one here."""
    beside = config.parent / ENV_FILE if config else ENV_FILE
    return beside if is_there(beside) and beside.is_file() else ENV_FILE


def sections_of(config: Path, problems: list[str], *, must_exist: bool) -> dict[str, Any]:
    """The sections of `config` and of its local file, which can be missing."""
    shared = _sections(config, problems) if must_exist or is_there(config) else {}
    # Docker mounts /dev/null where there is none, and makes a folder where it was named and is not there.
    local = _sections(local_of(config), problems) if is_there(local_of(config)) else {}
    return {name: _one_section(shared, local, name) for name in {**shared, **local}}


def _one_section(shared: Mapping[str, Any], local: Mapping[str, Any], name: str) -> Any:
    one, other = shared.get(name), local.get(name)
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **other}
    return other if other or one is None else one


def _sections(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        values = parse(path.read_text(encoding="utf-8")) or {}
    except OSError as problem:
        problems.append(phrase("{path}: cannot be read ({problem})", path=path, problem=problem.strerror))
        return {}
    except UnicodeDecodeError:
        problems.append(phrase("{path}: is not valid YAML: it should be UTF-8 text", path=path))
        return {}
    except YamlInvalid as invalid:
        problems.append(phrase("{path}: {problem}", path=path, problem=invalid))
        return {}
    if not isinstance(values, dict) or not all(isinstance(section, str) for section in values):
        problems.append(
            phrase("{path}: should be sections with settings, for example: server: {{port: 8080}}", path=path)
        )
        return {}
    # An empty section (all of it commented out) sets nothing.
    return {section: {} if value is None else value for section, value in values.items()}


def places_of(config: Path) -> Mapping[SettingPath, str]:
    """The file and line of each setting that counts."""
    shared, local = _places(config), _places(local_of(config))
    return {path: place for path, place in shared.items() if path[:2] not in local} | local


def place_of(path: Path, line: int) -> Phrase:
    """A line of a file, for its reader."""
    return phrase("{path}, line {line}", path=path, line=line)


def _places(path: Path) -> dict[SettingPath, str]:
    try:
        lines = lines_of(path.read_text(encoding="utf-8"))
    except (OSError, *NOT_YAML):
        return {}
    return {setting: place_of(path, line) for setting, line in lines.items()}


def anchored(url: str, folder: Path) -> str:
    """A SQLite URL whose relative path counts from `folder`, wherever the command is typed."""
    found = SQLITE.fullmatch(url)
    if not found or folder.resolve() == Path.cwd():
        return url
    return f"{found[1]}{folder.absolute() / found[2]}"


def default_database(folder: Path) -> str:
    """That of `folder`; one that a former version made in the working folder stays in use.

    Not where another bridge has its own `config.yaml`.
    """
    beside = anchored(DATABASE, folder)
    file, former = (Path(url.removeprefix("sqlite+aiosqlite:///")) for url in (beside, DATABASE))
    is_used = is_there(former) and not is_there(file) and not is_there(CONFIG_FILE)
    return DATABASE if is_used else beside
