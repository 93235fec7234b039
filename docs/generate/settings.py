"""`settings.md`: names, types and defaults from the models, explanations from the files that ship."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.settings import Settings
from bridge.settings.former import REMOVED, RENAMED
from bridge.settings.variables import SECRETS, VARIABLES
from docs.generate import comments
from docs.generate.comments import Comment
from docs.generate.markdown import code, sentence, table
from docs.generate.markdown import page as whole
from docs.generate.schema_words import Schema, words

ROOT = Path(__file__).parents[2]
CONFIG, EXAMPLE = ROOT / "config.yaml", ROOT / ".env.example"

UNITS = {
    "seconds": "seconds",
    "minutes": "minutes",
    "hours": "hours",
    "days": "days",
    "per_minute": "a minute",
    "a_minute": "a minute",
    "an_hour": "an hour",
    "per_agent": "a minute",
    "per_address": "a minute",
}
"""By how a setting's name ends."""

HEAD = ("Setting", "Type", "Default", "Unit", "Environment", "What it is")
ABOUT = """\
What is no secret stands in `config.yaml`, a section for each heading here, or in `config.local.yaml` beside
it, whose settings take the place of the same ones there; secrets come from the environment, or from `.env`,
under the names given. A variable that is set wins over the files. All of it is read at start, and what is
wrong is told at once, by name, with the reason and an example. A name that is misspelt, or stands in the
wrong section, is wrong, too; another one that this version does not know is ignored, with a warning in the
log at start (`settings.unknown`) and in `twenty-bridge doctor`: a newer version can have left it."""

FORMER = """\
Settings of the former version. This version accepts them, with a warning in the log at start
(`settings.changed`) and in `twenty-bridge doctor`; the next one refuses them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One of them; `path` as in the file, without the places in lists."""

    path: str
    schema: Schema
    required: bool
    default: Any

    @property
    def variable(self) -> str:
        """In the environment; empty where there is none."""
        section, _, name = self.path.partition(".")
        return VARIABLES.get((section, name), "")

    @property
    def is_secret(self) -> bool:
        """Whether it may stand in the environment alone."""
        return self.variable in SECRETS

    @property
    def unit(self) -> str:
        """What a number counts."""
        kind = words(self.schema)
        last = self.path.rpartition(".")[2]
        fitting = (unit for end, unit in UNITS.items() if last == end or last.endswith(f"_{end}"))
        return next(fitting, "") if kind.startswith("number") else ""


def page() -> str:
    """The page."""
    return whole("Settings", "the settings' models, `config.yaml` and `.env.example`", _parts())


def _parts() -> Iterator[str]:
    told, of_variables = explanations()
    yield ABOUT.replace("\n", " ")
    for section in Settings.model_fields:
        yield f"## {section}"
        yield sentence(told[section].said)
        own = [one for one in settings() if one.path.startswith(f"{section}.")]
        yield table(HEAD, [_row(one, explanation(one, told, of_variables)) for one in own])
    yield "## Former names"
    yield FORMER.replace("\n", " ")
    yield table(("Setting", "What to do"), _former())
    yield "## For docker-compose.yml alone"
    yield "The bridge does not read these variables of `.env`."
    others = [name for name in comments.variables(EXAMPLE.read_text()) if name not in VARIABLES.values()]
    yield table(("Variable", "What it is"), [(code(one), sentence(of_variables[one])) for one in others])


def _former() -> list[tuple[str, str]]:
    renamed = [(code(former), f"Rename it to {code(name)}.") for former, name in RENAMED.items()]
    removed = [(code(former), f"Remove it: {now}.") for former, now in REMOVED.items()]
    return sorted([*renamed, *removed])


def explanations() -> tuple[Mapping[str, Comment], Mapping[str, str]]:
    """By path and by variable."""
    return comments.of_config(CONFIG.read_text()), comments.of_environment(EXAMPLE.read_text())


def explanation(setting: Setting, told: Mapping[str, Comment], of_variables: Mapping[str, str]) -> str:
    """Of `config.yaml`; of what does not stand there, of `.env.example`."""
    comment = told.get(setting.path)
    return comment.said if comment else of_variables[setting.variable]


def _row(setting: Setting, said: str) -> tuple[str, ...]:
    variable = code(setting.variable) if setting.variable else ""
    secret = ", secret" if setting.is_secret else ""
    return (
        code(setting.path),
        words(setting.schema, ref=lambda _: "section"),
        _default(setting),
        setting.unit,
        variable + secret,
        sentence(said),
    )


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    value = setting.default
    if _model(setting.schema) or value is None or value in ("", [], {}):
        return ""
    return code(str(value).lower() if isinstance(value, bool) else _listed(value))


def _listed(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def settings() -> Iterator[Setting]:
    """All of them, in the models' order."""
    whole_schema = Settings.model_json_schema()
    for section, schema in whole_schema["properties"].items():
        yield from _within(section, schema, whole_schema["$defs"])


def _within(path: str, section: Schema, models: Mapping[str, Schema]) -> Iterator[Setting]:
    model = models[_model(section)]
    for name, schema in model["properties"].items():
        setting = Setting(f"{path}.{name}", schema, name in model.get("required", ()), _told(schema))
        yield setting
        if _model(schema):
            yield from _within(setting.path, schema, models)


def _model(schema: Schema) -> str:
    """The section that a schema is, may be, or is a list of; a table of them has them as elsewhere."""
    one = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    return str(one.get("items", one).get("$ref", "")).rpartition("/")[2]


def _told(schema: Schema) -> Any:
    """The default; pydantic hides those of secrets, and of these the examples show it."""
    default = schema.get("default")
    return schema["examples"][0] if default == "**********" else default
