"""The files of a bridge: `config.yaml` and `.env`, begun from the commented ones that ship."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from bridge.errors import CannotWrite
from bridge.language.phrase import phrase
from bridge.settings.config_files import CONFIG_FILE, local_of, sections_of
from bridge.settings.env_file import FOR_ITS_OWNER, remember, told_by
from bridge.settings.yaml_text import YamlInvalid, parse
from bridge.setup.config_file import with_item, with_setting

LOCAL_NAME = local_of(CONFIG_FILE).name
LOCAL = """\
# Your own settings, over those of config.yaml, which explains each of them. Git ignores this file.
"""


def shipped(name: str) -> str:
    """The text of `config.yaml` or `.env.example` as the package has it."""
    return (files("bridge.setup") / "shipped" / name).read_text(encoding="utf-8")


def begin_env(env_file: Path) -> None:
    """A `.env` for its owner alone, where there is none; raises CannotWrite."""
    if env_file.exists():
        return
    try:
        env_file.touch(mode=FOR_ITS_OWNER)
        env_file.write_text(shipped(".env.example"), encoding="utf-8")
    except OSError as problem:
        raise CannotWrite(
            phrase("{path} cannot be written ({problem}).", path=env_file, problem=problem.strerror)
        ) from problem


def keep(env_file: Path, values: Mapping[str, str]) -> list[str]:
    """Writes what differs; the names of what was written."""
    there = told_by(env_file)
    new = {name: value for name, value in values.items() if there.get(name) != value}
    begin_env(env_file)
    remember(env_file, new)
    return list(new)


def begin_config(config: Path) -> bool:
    """Writes the commented `config.yaml`, where there is none; whether it did."""
    if config.exists():
        return False
    write_config(config, shipped("config.yaml"))
    return True


def names_agents(config: Path) -> bool:
    """Whether the settings say who takes calls: by name, or as a member of Twenty."""
    agents = sections_of(config, [], must_exist=False).get("agents")
    return isinstance(agents, dict) and bool(agents.get("names") or agents.get("members"))


def own_file(config: Path, section: str, name: str) -> Path:
    """The file for an operator's value of a setting: the one that has it, else `config.local.yaml`.

    That one is for a checkout, whose `config.yaml` is git's, unless the operator has edited it already.
    """
    local = local_of(config)
    if local.is_file():
        return config if _sets(config, section, name) and not _sets(local, section, name) else local
    return local if (config.parent / ".git").exists() and _sets_nothing(config) else config


def name_agents(config: Path, agents: Sequence[str]) -> Path | None:
    """Sets `agents.names` where none are named; the file, if that was possible. Raises CannotWrite."""
    return _set(config, "agents", "names", agents)


def names_zone(config: Path) -> bool:
    """Whether the settings say in which time zone notes are: their own, or that of the line's hours."""
    sections = sections_of(config, [], must_exist=False)
    return any(_at(sections, *place) for place in (("activities", "zone"), ("lines", "default", "hours")))


def _at(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def set_zone(config: Path, zone: str) -> Path | None:
    """Sets `activities.zone` where the settings name none; the file, if that was possible.

    Raises CannotWrite.
    """
    return _set(config, "activities", "zone", zone)


def _set(config: Path, section: str, name: str, value: str | Sequence[str]) -> Path | None:
    file = own_file(config, section, name)
    text = _text(file)
    edited = None if text is None else with_setting(text, section, name, value)
    if edited is None:
        return None
    write_own(file, edited)
    return file


def with_key(file: Path, item: str) -> str | None:
    """The text of a settings file (as it begins, where there is none) with one more key in `auth.keys`.

    None where it cannot be added without changing something else. Raises CannotWrite where the file cannot
    be read.
    """
    text = _text(file)
    return None if text is None else with_item(text, "auth", "keys", item)


def write_config(config: Path, text: str) -> None:
    """Raises CannotWrite."""
    try:
        config.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise CannotWrite(
            phrase("{path} cannot be written ({problem}).", path=config, problem=problem.strerror)
        ) from problem


def write_own(file: Path, text: str) -> None:
    """As `write_config`; where the file is a local one, `.env` says so for docker-compose.yml, too."""
    write_config(file, text)
    env_file = file.with_name(".env")
    if file.name == LOCAL_NAME and env_file.is_file():
        keep(env_file, {"BRIDGE_LOCAL_CONFIG": f"./{file.name}"})


def _text(file: Path) -> str | None:
    """The file's, or what such a file begins with; None where it is not UTF-8. Raises CannotWrite."""
    try:
        if file.exists():
            return file.read_text(encoding="utf-8")
    except OSError as problem:
        raise CannotWrite(
            phrase("{path} cannot be read ({problem}).", path=file, problem=problem.strerror)
        ) from problem
    except UnicodeDecodeError:
        return None
    return LOCAL if file.name == LOCAL_NAME else shipped("config.yaml")


def _sets(file: Path, section: str, name: str) -> bool:
    fields = (_sections(file) or {}).get(section)
    return isinstance(fields, dict) and name in fields


def _sets_nothing(file: Path) -> bool:
    sections = _sections(file)
    return sections is not None and not any(sections.values())


def _sections(file: Path) -> Mapping[str, object] | None:
    """None of a file that is not there, or that the operator has to put right first."""
    try:
        found = parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YamlInvalid):
        return None
    return found if isinstance(found, dict) else None
