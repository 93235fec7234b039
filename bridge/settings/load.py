"""Reads the settings from `config.yaml`, `.env` and the environment, which has precedence.

One error lists all problems, each with its name, reason and an example.
"""

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bridge.errors import SettingsInvalid
from bridge.settings.env_file import told_by
from bridge.settings.models import Settings
from bridge.settings.yaml_text import YamlInvalid, parse

ENVIRONMENT: Mapping[str, tuple[str, str]] = {
    "TWILIO_ACCOUNT_SID": ("twilio", "account_sid"),
    "TWILIO_AUTH_TOKEN": ("twilio", "auth_token"),
    "TWILIO_SHARED_KEYS": ("twilio", "shared_keys"),
    "TWILIO_API_KEY": ("twilio", "api_key"),
    "TWILIO_API_SECRET": ("twilio", "api_secret"),
    "TWILIO_REST_API_KEY": ("twilio", "rest_api_key"),
    "TWILIO_REST_API_SECRET": ("twilio", "rest_api_secret"),
    "TWILIO_CLIENT_ID": ("twilio", "client_id"),
    "TWILIO_CLIENT_SECRET": ("twilio", "client_secret"),
    "TWILIO_APP_SID": ("twilio", "app_sid"),
    "TWILIO_PHONE_NUMBER": ("twilio", "phone_number"),
    "TWILIO_API_URL": ("twilio", "api_url"),
    "TWENTY_API_URL": ("twenty", "api_url"),
    "TWENTY_API_TOKEN": ("twenty", "api_token"),
    "TWENTY_WEBHOOK_SECRET": ("twenty", "webhook_secret"),
    "BRIDGE_PUBLIC_URL": ("server", "public_url"),
    "BRIDGE_HOST": ("server", "host"),
    "BRIDGE_PORT": ("server", "port"),
    "BRIDGE_METRICS_HOST": ("metrics", "host"),
    "BRIDGE_METRICS_PORT": ("metrics", "port"),
    "BRIDGE_DATABASE_URL": ("inbox", "database_url"),
    "BRIDGE_FORGET_KEY": ("inbox", "forget_key"),
    "BRIDGE_WIDGET_KEYS": ("auth", "widget_keys"),
    "BRIDGE_LINK_KEYS": ("recordings", "link_keys"),
}
"""Where each environment variable goes."""

SECRETS = frozenset(
    {
        "TWILIO_AUTH_TOKEN",
        "TWILIO_SHARED_KEYS",
        "TWILIO_API_SECRET",
        "TWILIO_REST_API_SECRET",
        "TWILIO_CLIENT_SECRET",
        "TWENTY_API_TOKEN",
        "TWENTY_WEBHOOK_SECRET",
        "BRIDGE_FORGET_KEY",
        "BRIDGE_WIDGET_KEYS",
        "BRIDGE_LINK_KEYS",
    }
)
"""Those that `config.yaml` must not hold."""

ENV_FILE = Path(".env")

Model = TypeVar("Model", bound=BaseModel)

VARIABLES = {path: name for name, path in ENVIRONMENT.items()}


def load(
    config: Path | None = None,
    *,
    env_file: Path = ENV_FILE,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings, or SettingsInvalid with every problem there is.

    `config` is `config.yaml` here unless named; only a file that was named has to exist.
    """
    return load_as(Settings, config, env_file=env_file, environ=environ)


def load_as(
    model: type[Model],
    config: Path | None = None,
    *,
    env_file: Path = ENV_FILE,
    environ: Mapping[str, str] | None = None,
) -> Model:
    """As `load`, for commands that need some sections alone: those of `model`. Raises SettingsInvalid."""
    problems: list[str] = []
    values = _from_file(config, problems)
    _without_secrets(values, problems)
    from_env_file, unread = _from_env_file(env_file)
    problems.extend(unread)
    told = {**from_env_file, **(os.environ if environ is None else environ)}
    # Of a section that is left out, each required field is reported by its name.
    for section in ("twilio", "twenty", "server"):
        values.setdefault(section, {})
    for variable, (section, field) in ENVIRONMENT.items():
        # Files of secret stores, and copied values, end with a line break.
        value = told.get(variable, "").strip()
        if value and isinstance(values.setdefault(section, {}), dict):
            values[section][field] = value
    try:
        settings = model.model_validate(values)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        # What is missing is perhaps in the file that could not be read.
        problems.extend(explain(error) for error in errors if not unread or error["type"] != "missing")
    if problems:
        raise SettingsInvalid(problems)
    return settings


def _from_file(config: Path | None, problems: list[str]) -> dict[str, Any]:
    path = config or Path("config.yaml")
    if config is None and not path.exists():
        return {}
    try:
        values = parse(path.read_text(encoding="utf-8")) or {}
    except OSError as problem:
        problems.append(f"{path}: cannot be read ({problem.strerror})")
        return {}
    except UnicodeDecodeError:
        problems.append(f"{path}: is no YAML: it should be UTF-8 text")
        return {}
    except YamlInvalid as invalid:
        problems.append(f"{path}: {invalid}")
        return {}
    if not isinstance(values, dict) or not all(isinstance(section, str) for section in values):
        problems.append(f"{path}: should be sections with settings, for example: server: {{port: 8080}}")
        return {}
    # An empty section (all of it commented out) sets nothing.
    return {section: {} if value is None else value for section, value in values.items()}


def _from_env_file(path: Path) -> tuple[Mapping[str, str], list[str]]:
    """Its variables, and the problems where it cannot be read."""
    try:
        return told_by(path), []
    except SettingsInvalid as invalid:
        return {}, invalid.problems


def _without_secrets(values: dict[str, Any], problems: list[str]) -> None:
    """Removes secrets from the file's values, and reports where they belong."""
    for variable in sorted(SECRETS):
        section, field = ENVIRONMENT[variable]
        if isinstance(values.get(section), dict) and values[section].pop(field, None) is not None:
            problems.append(f"{section}.{field}: is a secret and belongs in the environment, as {variable}")


def explain(error: Mapping[str, Any]) -> str:
    """`twilio.app_sid (TWILIO_APP_SID): is missing; for example: AP…`."""
    path = [part for part in error["loc"] if isinstance(part, str)]
    if not path:
        return _reason(error)
    fields = list(_fields(path))
    name = _named(error["loc"])
    if variable := VARIABLES.get((path[0], path[-1])) if len(path) == 2 else None:
        name = f"{variable} ({name})"
    if error["type"] == "extra_forbidden":
        return f"{name}: is unknown{_nearest(path)}"
    if error["type"] == "model_type" and fields and (model := _model_in(fields[-1].annotation)):
        each = "each " if isinstance(error["loc"][-1], int) else ""
        return f"{name}: {each}should be settings by their names{_example_of(model)}"
    example = _example(fields[-1]) if fields else ""
    return f"{name}: {_reason(error)}{example}"


def _named(path: Sequence[str | int]) -> str:
    """`lines.default.ring.2.agents`: items of a list count from one."""
    parts = [part + 1 if isinstance(part, int) else part for part in path]
    # An item of a list of plain values is recognised by its text.
    listed = parts[:-1] if isinstance(parts[-1], int) and len(parts) <= 3 else parts
    return ".".join(str(part) for part in listed if part != "[key]")


def _example(field: FieldInfo) -> str:
    if field.examples:
        return f"; for example: {field.examples[0]}"
    nothing = field.is_required() or field.default is None or isinstance(field.default, BaseModel)
    return "" if nothing else f"; for example: {field.default}"


def _example_of(section: type[BaseModel]) -> str:
    """One setting of it, as YAML has it in a line."""
    for name, field in section.model_fields.items():
        if example := _example(field).removeprefix("; for example: "):
            return f"; for example: {{{name}: {example}}}"
    return f"; it has {', '.join(section.model_fields)}"


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "is missing"
    message: str = error["msg"].removeprefix("Value error, ")
    # A name of a variable stays as it is.
    return message if message[1:2].isupper() else message[:1].lower() + message[1:]


def _fields(path: list[str]) -> Iterator[FieldInfo]:
    """The fields along a path, up to the first unknown name."""
    model: type[BaseModel] | None = Settings
    in_table = False
    for part in path:
        field = model.model_fields.get(part) if model else None
        if field is None:
            # The key of a table of sections, or what names nothing.
            if not in_table:
                return
            in_table = False
            continue
        yield field
        model, in_table = _model_in(field.annotation), get_origin(field.annotation) is dict


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section in `Section`, `Section | None`, `tuple[Section, ...]` or `dict[str, Section]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _nearest(path: list[str]) -> str:
    fields = list(_fields(path[:-1]))
    model = (_model_in(fields[-1].annotation) if fields else None) or Settings
    known = list(model.model_fields)
    near = difflib.get_close_matches(path[-1], known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
