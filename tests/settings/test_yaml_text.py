"""What is not valid YAML: the line, its name, and the likely cause; never a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.settings.yaml_text import YamlInvalid, parse


def told(text: str) -> str:
    with pytest.raises(YamlInvalid) as invalid:
        parse(text)
    return str(invalid.value)


@pytest.mark.parametrize(
    ("text", "where", "cause"),
    [
        (
            "auth: {}\n  members: [a@x.example]\n",
            "line 2, column 3) at “members:”",
            "line 1 ends with {}, so",
        ),
        ("# mine\nlines: {}\n# yours\n  default:\n    name: Shop\n", "line 4", "line 2 ends with {}"),
        ("lines:\n  default: {}\n    name: Shop\n", "line 3", "line 2 ends with {}"),
        ("agents:\n  names: []\n    - alice\n", "line 3", "line 2 ends with []"),
        ("agents: {names: [a]}\n  default: a\n", "line 2", "line 1 ends with {…}"),
        ("server:\n\tport: 80\n", "line 2, column 1", "indented with a tab"),
        ("lines:\n  default:\n    greeting: Welcome: press\n", "line 3, column 22", "belongs in quotes"),
        ("server:\n  port:8080\n  host: x\n", "line 3", "line 2 needs a blank after its colon"),
        ("server\n  port: 1\n", "line 2", "line 1 has no colon after its name"),
        ("server:\n  port 1\n  host: x\n", "line 3", "line 2 has no colon after its name"),
        ("server:\n  host: x\n    port: 1\n", "line 3", "deeper than line 2, which has a value already"),
        ("server:\n    host: x\n  port: 1\n", "line 3", "indented otherwise than the lines"),
        ("auth:\n  keys:\n    - name: a\n     hash: x\n", "line 4", "indented otherwise than"),
        ("agents:\n  names: [alice, bob\n  default: a\n", "line 3", "the [ of line 2 is not closed"),
        ("agents: {names: [a]\nserver: {port: 1}\n", "line 2", "the { of line 1 is not closed"),
        ("log:\n  level: 'info\nserver:\n  port: 1\n", "line 5", "the quote of line 2 is not closed"),
        ('log:\n  level: "C:\\dir"\n', "line 2", "use single quotes"),
        ("log:\n  level: 'a' b\n", "line 2", "goes on after its closing quote"),
        ("agents:\n  names: [*alice]\n", "line 2", "begins with * belongs in quotes"),
        ("agents:\n  names: [@alice]\n", "line 2", "begins with @ belongs in quotes"),
        ("log:\n  level: %x\n", "line 2", "begins with % belongs in quotes"),
        ("log:\n  level: `x`\n", "line 2", "begins with ` belongs in quotes"),
        ("log:\n  level: !x 1\n", "line 2", "begins with ! belongs in quotes"),
        ("agents:\n  names:\n  -alice\n  -bob\n", "line 4", "line 3 needs a blank after its dash"),
        ("log:\n  level: a\x07\n", "line 2", "a character that no text has"),
        ("log: {}\n---\nlog: {}\n", "line 2", "a second document"),
    ],
)
def test_where_and_why(text: str, where: str, cause: str) -> None:
    assert told(text).startswith(f"is not valid YAML ({where}")
    assert cause in told(text)


def test_a_key_that_stands_twice_is_named() -> None:
    assert told("log: {}\nlog: {}\n") == "has log twice (line 2)"


def explained(text: str) -> str:
    """What is said of it; nothing of what is YAML."""
    try:
        parse(text)
    except YamlInvalid as invalid:
        return str(invalid)
    return ""


@given(st.text(st.sampled_from("ab:{}[]-#'\"\n\t &*!%@`,>|\\\x07é"), max_size=60))
def test_any_text_is_read_or_explained_in_a_line(text: str) -> None:
    assert "\n" not in explained(text)


@given(st.text(st.sampled_from(":{}[]-'\" &*!,\\"), min_size=1, max_size=12))
def test_no_value_is_quoted(around: str) -> None:
    for text in (f"a: b{around}\n  5ec2e7\n", f"a: {around}5ec2e7{around}\nb: 1\n"):
        assert "5ec2e7" not in explained(text)
