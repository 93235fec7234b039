"""The reference is what the code says, and leaves nothing out."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from bridge.cli import COMMANDS as LISTED
from bridge.cli import app, load
from bridge.observability import metrics
from bridge.settings import InboxSettings
from docs.generate.commands import Command, commands
from docs.generate.comments import Comment, of_config, of_environment
from docs.generate.markdown import sentence, table
from docs.generate.pages import PAGES, SHIPPED
from docs.generate.settings import CONFIG, EXAMPLE, Setting, explanations, settings

ROOT = Path(__file__).parents[2]
EVERY = list(settings())
COMMANDS = list(commands())
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    """`make docs` mends it."""
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == PAGES[name]()


@pytest.mark.parametrize("name", SHIPPED)
def test_init_begins_with_what_the_repository_has(name: str) -> None:
    """`make docs` mends it."""
    assert (ROOT / SHIPPED[name]).read_bytes() == (ROOT / name).read_bytes()


@pytest.mark.parametrize("setting", EVERY, ids=[one.path for one in EVERY])
def test_each_setting_is_explained_where_operators_set_it(setting: Setting) -> None:
    told, of_variables = explanations()
    comment = told.get(setting.path)
    assert (comment.said if comment else of_variables[setting.variable]) != ""
    assert not (comment and setting.is_secret)


def test_config_yaml_explains_nothing_that_there_is_not() -> None:
    known = {one.path for one in EVERY} | {one.path.partition(".")[0] for one in EVERY}
    assert {path for path in explanations()[0] if '"' not in path} <= known


SECTIONS = {f"lines.default{part}" for part in ("", ".owner", ".ring", ".voicemail", ".recording")}
"""Whose settings stand below them, one by one."""

WITH_DEFAULT = [
    one
    for one in EVERY
    if not one.required and one.default not in (None, "", [], {}) and one.path not in SECTIONS
]


@pytest.mark.parametrize("setting", WITH_DEFAULT, ids=[one.path for one in WITH_DEFAULT])
def test_config_yaml_shows_the_default(setting: Setting) -> None:
    """Also where operators would otherwise have to guess it: a setting that shows none fails."""
    comment = explanations()[0].get(setting.path)
    assert comment
    assert yaml.safe_load(comment.shown) == setting.default


def test_the_default_that_pydantic_hides_is_the_one_in_the_examples() -> None:
    (hidden,) = (one for one in EVERY if one.path == "inbox.database_url")
    assert InboxSettings().database_url.get_secret_value() == hidden.default


@pytest.mark.parametrize("command", COMMANDS, ids=[one.path for one in COMMANDS])
def test_each_command_has_the_options_of_its_help(command: Command) -> None:
    """As typer tells it, who reads the same functions in a way of its own."""
    called = command.path.split()[1:]
    # A terminal wide enough that nothing is cut off.
    told = CliRunner().invoke(app, [*called, "--help"], env={"COLUMNS": "300", "TERM": "dumb"}).output
    listed = {option for line in told.splitlines() if "--" in line for option in OPTION.findall(line[:80])}
    ours = {name for one in command.parameters if one.is_option for name in one.names}
    assert listed - {"--help"} == ours


def paths(name: str, command: Any) -> Iterator[str]:
    """The command lines below a command of click's, its own included where it does something by itself."""
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        yield name
    for each, below in inner.items():
        yield from paths(f"{name} {each}", below)


def test_every_command_is_there() -> None:
    every = [path for name in LISTED for path in paths(f"twenty-bridge {name}", get_command(load(name)))]
    assert [one.path for one in COMMANDS] == every


@pytest.mark.parametrize("name", LISTED)
def test_what_help_lists_is_what_the_command_says(name: str) -> None:
    said = " ".join((get_command(load(name)).help or "").split())
    assert said.startswith(LISTED[name].removesuffix(".")), said


def test_help_imports_nothing_that_only_a_command_needs() -> None:
    source = "import sys, bridge.cli; print([name for name in sys.modules if name.startswith('bridge.')])"
    told = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True, text=True).stdout
    loaded = set(ast.literal_eval(told))
    assert "bridge.language.french" not in loaded
    rooms = {name.split(".")[1] for name in loaded}
    assert rooms <= {"cli", "errors", "language", "observability", "json_text"}


def test_what_is_counted_is_known() -> None:
    """The values of a label that are written out where it is counted."""
    for path in (ROOT / "bridge").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (counted := _counted(node)) and counted[0].known:
                assert counted[1] in counted[0].known, path


def _counted(node: ast.AST) -> tuple[metrics.Count, str] | None:
    """The count and the first value of `metrics.TWIML.inc("refused")`."""
    match node:
        case ast.Call(ast.Attribute(ast.Attribute(_, name), "inc"), [ast.Constant(str(value)), *_]):
            found: Any = getattr(metrics, name, None)
            return (found, value) if isinstance(found, metrics.Count) else None
    return None


def test_the_reasons_that_are_named_are_codes_of_ours() -> None:
    told = PAGES["http.md"]()
    (row,) = (line for line in told.splitlines() if line.startswith("| `reasons`"))
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", row))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bridge").rglob("*.py"))
    known = set(re.findall(r"code ?= ?\"([a-z_]+\.[a-z_]+)\"", source))
    assert named <= known
    assert {code for code in known if code.startswith(("server.", "drain.", "inbox."))} <= named


def test_comments_are_read_by_their_place() -> None:
    text = (
        "# What is said\n# of all of it.\nserver: {}\n#  port: 8080   # where\n#  ring:            # who\n"
        "#                        # rings\n#    - agents: [a]   # these\n#      seconds: 5\n"
    )
    assert of_config(text) == {
        "server": Comment("What is said of all of it."),
        "server.port": Comment("where", "8080"),
        "server.ring": Comment("who rings"),
        "server.ring.agents": Comment("these", "[a]"),
        "server.ring.seconds": Comment("", "5"),
    }
    text = "# Of both.\nA_1=\n#B_1=1\n\n# Of one,\n# in two lines.\n#C_1=\n"
    assert of_environment(text) == {"A_1": "Of both.", "B_1": "Of both.", "C_1": "Of one, in two lines."}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("how long", "How long."),
        ("true: they may", "`true`: they may."),
        ("unset: nothing", "Unset: nothing."),
        ("Both…", "Both…"),
        ("", ""),
    ],
)
def test_sentences(text: str, told: str) -> None:
    assert sentence(text) == told


def test_a_table_has_no_empty_columns_and_no_bars_in_cells() -> None:
    assert table(("A", "B", "C"), [("a|b", "", "c\nd"), ("", "", "e")]) == (
        "| A | C |\n| --- | --- |\n| a\\|b | c d |\n|  | e |"
    )
    assert table(("A",), []) == ""


def test_the_files_are_there() -> None:
    assert CONFIG.is_file()
    assert EXAMPLE.is_file()
