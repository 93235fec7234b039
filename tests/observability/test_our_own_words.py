"""No message of the bridge looks like a secret to its own redactor."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.errors import SettingsInvalid
from bridge.observability.redactor import Redactor
from bridge.settings import load
from bridge.settings.variables import ENVIRONMENT, SECRETS

BRIDGE = Path(__file__).parents[2] / "bridge"
LEFT_OUT = frozenset({"sandbox", "demo"})
HAS_A_SECRET = "?signature="
"""A link to a recording."""
redact = Redactor(full_numbers=True)


def texts(source: str) -> Iterator[str]:
    """Each text of a module, with a word in each place of a format."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x1" for part in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in docstrings | parts:
            yield str(node.value)


def test_texts_are_logged_as_they_are() -> None:
    eaten = {
        f"{path.name}: {text}"
        for path in BRIDGE.rglob("*.py")
        if not LEFT_OUT.intersection(path.parts)
        for text in texts(path.read_text(encoding="utf-8"))
        if HAS_A_SECRET not in text and redact(text) != text
    }
    assert eaten == set()


def test_a_text_that_looks_like_a_secret_is_found() -> None:
    assert [text for text in texts('tell(f"Auth Token: {x} again")') if redact(text) != text]


@pytest.mark.parametrize("value", ["", "5", "[", "{a: b}", "a b"])
def test_what_is_wrong_with_settings_is_logged_as_it_is(value: str, tmp_path: Path) -> None:
    """Each secret in the file, and each variable wrong, missing or misspelt."""
    config = tmp_path / "config.yaml"
    sections: dict[str, dict[str, str]] = {ENVIRONMENT[name][0]: {} for name in SECRETS}
    for name in SECRETS:
        section, field = ENVIRONMENT[name]
        sections[section][field] = "'x'"
    config.write_text(
        "".join(
            f"{section}: {{{', '.join(f'{name}: {value}' for name, value in fields.items())}}}\n"
            for section, fields in sections.items()
        )
    )
    environ = dict.fromkeys(ENVIRONMENT, value) | {f"{name}X": "x" for name in ENVIRONMENT}
    with pytest.raises(SettingsInvalid) as invalid:
        load(config, environ=environ)
    problems = [problem.replace(str(tmp_path), "") for problem in invalid.value.problems]
    assert len(problems) > len(SECRETS)
    assert [redact(problem) for problem in problems] == problems
