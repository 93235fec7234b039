"""Reads the settings from `config.yaml`, `config.local.yaml`, `.env` and the environment: the last one wins.

One error lists all problems, each with its name, reason and an example.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bridge.errors import SettingsInvalid
from bridge.language.phrase import Phrase, phrase
from bridge.settings import variables
from bridge.settings.config_files import (
    CONFIG_FILE,
    DATABASE,
    ENV_FILE,
    anchored,
    default_database,
    env_file_of,
    is_there,
    local_of,
    place_of,
    places_of,
    sections_of,
)
from bridge.settings.env_file import lines_of as env_lines
from bridge.settings.env_file import told_by
from bridge.settings.explain import explain, ignored_setting, is_newer
from bridge.settings.former import UnderstandsFormerNames
from bridge.settings.models import Settings
from bridge.settings.newer import ignored, unknown_variables, without
from bridge.settings.origins import Origins, SettingPath
from bridge.settings.variables import ENVIRONMENT, SECRETS

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts credentials: https://systemd.io/CREDENTIALS/. That of the name `env` is a `.env`."""

DATABASE_URL = "BRIDGE_DATABASE_URL"

Model = TypeVar("Model", bound=BaseModel)


def load(
    config: Path | None = None,
    *,
    env_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings, or SettingsInvalid with every problem there is.

    `config` is `config.yaml` here unless named, `env_file` a credential of systemd, or the `.env` beside
    `config` or here; only a file that was named has to exist.
    """
    return load_as(Settings, config, env_file=env_file, environ=environ)


def load_as(
    model: type[Model],
    config: Path | None = None,
    *,
    env_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Model:
    """As `load`, for commands that need some sections alone: those of `model`. Raises SettingsInvalid."""
    environment = os.environ if environ is None else environ
    env_file = env_file or _env_file(environment, config)
    problems: list[str] = []
    file = config or CONFIG_FILE
    values = sections_of(file, problems, must_exist=config is not None)
    _without_secrets(values, problems, file)
    from_env_file, unread = _from_env_file(env_file)
    told = {**from_env_file, **environment}
    _anchor_database(values, file.parent)
    _set_variables(values, told)
    if DATABASE_URL in from_env_file and not environment.get(DATABASE_URL) and env_file.name == ENV_FILE.name:
        _anchor_database(values, env_file.parent)
    errors, settings, newer = _understood(model, values)
    # What is missing is perhaps in the file that could not be read.
    wrong = [error for error in _first_causes(errors) if not unread or error["type"] != "missing"]
    misspelt = dict(variables.misspelt(told))
    problems += unread
    if wrong or misspelt:
        origins = _origins(file, env_file, environment)
        problems += [explain(error, origins) for error in wrong]
        problems += [_misspelt(name, near, origins) for name, near in misspelt.items()]
    if problems and config is None and not any(is_there(path) for path in (file, local_of(file), env_file)):
        empty = phrase(
            "{folder}: has no config.yaml and no .env; twenty-bridge init makes them", folder=Path.cwd()
        )
        # Without a variable either, each setting is missing, for this reason alone.
        problems = [empty, *(problems if any(map(told.get, ENVIRONMENT)) else ())]
    if problems or settings is None:
        raise SettingsInvalid(problems)
    unknown = list(unknown_variables(told))
    if isinstance(settings, UnderstandsFormerNames) and (newer or unknown):
        origins = _origins(file, env_file, environment)
        settings.ignore(
            [
                *(ignored_setting(path, origins) for path in newer),
                *(ignored(name, "", origins.variables[name]) for name in unknown),
            ]
        )
    return settings


def _env_file(environment: Mapping[str, str], config: Path | None) -> Path:
    credential = Path(environment.get(CREDENTIALS) or ".") / "env"
    return credential if environment.get(CREDENTIALS) and credential.is_file() else env_file_of(config)


def _anchor_database(values: dict[str, Any], folder: Path) -> None:
    """A relative path counts from the file that has it, the default from `config.yaml`."""
    inbox = values.setdefault("inbox", {})
    if not isinstance(inbox, dict):
        return
    url = inbox.get("database_url")
    if url is None and (default := default_database(folder)) != DATABASE:
        inbox["database_url"] = default
    elif isinstance(url, str):
        inbox["database_url"] = anchored(url, folder)


def _set_variables(values: dict[str, Any], told: Mapping[str, str]) -> None:
    # Of a section that is left out, each required field is reported by its name.
    for section in ("twilio", "twenty", "server"):
        values.setdefault(section, {})
    for variable, (section, field) in ENVIRONMENT.items():
        # Files of secret stores, and copied values, end with a line break.
        value = told.get(variable, "").strip()
        if value and isinstance(values.setdefault(section, {}), dict):
            values[section][field] = value


def _understood(
    model: type[Model], values: Mapping[str, Any]
) -> tuple[Sequence[ErrorDetails], Model | None, Sequence[SettingPath]]:
    """What is wrong, or the settings; and the paths of those that only a newer version knows."""
    errors, settings = _validated(model, values)
    newer = [error["loc"] for error in errors if is_newer(error)]
    if newer:
        errors, settings = _validated(model, without(values, newer))
    return errors, settings, newer


def _validated(model: type[Model], values: Mapping[str, Any]) -> tuple[Sequence[ErrorDetails], Model | None]:
    try:
        return (), model.model_validate(values)
    except ValidationError as invalid:
        return invalid.errors(include_url=False, include_input=False), None


def _first_causes(errors: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Without lists that are too short only because an item of theirs is wrong."""
    inside = {error["loc"][:-1] for error in errors}
    yield from (error for error in errors if error["type"] != "too_short" or error["loc"] not in inside)


def _misspelt(name: str, near: str, origins: Origins) -> Phrase:
    place = origins.variables[name]
    return phrase("{name}: is unknown; did you mean {near}? [{place}]", name=name, near=near, place=place)


def _origins(config: Path, env_file: Path, environment: Mapping[str, str]) -> Origins:
    """Read once more, since only what is wrong is told its place."""
    places = {name: place_of(env_file, line) for name, line in env_lines(env_file).items()}
    # An empty variable leaves the file's value.
    places |= {name: phrase("environment") for name, value in environment.items() if value.strip()}
    return Origins(places_of(config), places)


def _from_env_file(path: Path) -> tuple[Mapping[str, str], list[str]]:
    """Its variables, and the problems where it cannot be read."""
    try:
        return told_by(path), []
    except SettingsInvalid as invalid:
        return {}, invalid.problems


def _without_secrets(values: dict[str, Any], problems: list[str], config: Path) -> None:
    """Removes secrets from the file's values, and reports where they stand and where they belong."""
    for variable in sorted(SECRETS):
        section, field = ENVIRONMENT[variable]
        if isinstance(values.get(section), dict) and values[section].pop(field, None) is not None:
            place = places_of(config).get((section, field), str(config))
            belongs = phrase("is a secret and belongs in the environment, as {variable}", variable=variable)
            problems.append(
                phrase("{name}: {reason} [{place}]", name=f"{section}.{field}", reason=belongs, place=place)
            )
