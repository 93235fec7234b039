"""The files of a bridge: `config.yaml` and `.env`, begun from the commented ones that ship."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from bridge.errors import CannotWrite
from bridge.settings.env_file import FOR_ITS_OWNER, remember, told_by
from bridge.settings.yaml_text import YamlInvalid, parse
from bridge.setup.config_file import with_item, with_list

CHECKOUT = Path(__file__).parents[2]


def shipped(name: str) -> str:
    """The text of `config.yaml` or `.env.example`: of the package, or of the checkout that this is."""
    packed = files("bridge.setup").joinpath(f"shipped/{name}")
    return (packed if packed.is_file() else CHECKOUT / name).read_text(encoding="utf-8")


def begin_env(env_file: Path) -> None:
    """A `.env` for its owner alone, where there is none; raises CannotWrite."""
    if env_file.exists():
        return
    try:
        env_file.touch(mode=FOR_ITS_OWNER)
        env_file.write_text(shipped(".env.example"), encoding="utf-8")
    except OSError as problem:
        raise CannotWrite(f"{env_file} cannot be written ({problem.strerror}).") from problem


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
    """Whether the file says who takes calls: by name, or as a member of Twenty."""
    agents = _section(config, "agents")
    return bool(agents.get("names") or agents.get("members"))


def name_agents(config: Path, agents: Sequence[str]) -> bool:
    """Sets `agents.names` where none are named; whether that was possible. Raises CannotWrite."""
    try:
        edited = with_list(config.read_text(encoding="utf-8"), "agents", "names", agents)
    except OSError as problem:
        raise CannotWrite(f"{config} cannot be read ({problem.strerror}).") from problem
    except UnicodeDecodeError:
        return False
    if edited is None:
        return False
    write_config(config, edited)
    return True


def with_key(config: Path, item: str) -> str | None:
    """The text of `config.yaml` (the shipped one, where there is none) with one more key in `auth.keys`.

    None where it cannot be added without changing something else. Raises CannotWrite where the file cannot
    be read.
    """
    try:
        text = config.read_text(encoding="utf-8") if config.exists() else shipped("config.yaml")
    except OSError as problem:
        raise CannotWrite(f"{config} cannot be read ({problem.strerror}).") from problem
    except UnicodeDecodeError:
        return None
    return with_item(text, "auth", "keys", item)


def write_config(config: Path, text: str) -> None:
    """Raises CannotWrite."""
    try:
        config.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise CannotWrite(f"{config} cannot be written ({problem.strerror}).") from problem


def _section(config: Path, name: str) -> Mapping[str, object]:
    try:
        found = (parse(config.read_text(encoding="utf-8")) or {}).get(name)
    except (OSError, UnicodeDecodeError, YamlInvalid, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}
