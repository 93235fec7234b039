"""A list is set in config.yaml, and nothing else of it changes."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.setup.config_file import with_list

SHIPPED = Path("config.yaml").read_text(encoding="utf-8")
NAMES = ["jane@x.example", "bob"]


def names(text: str) -> str | None:
    return with_list(text, "agents", "names", NAMES)


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("", "agents:\n  names: [jane@x.example, bob]\n"),
        ("# mine", "# mine\nagents:\n  names: [jane@x.example, bob]\n"),
        ("agents:\n", "agents:\n  names: [jane@x.example, bob]\n"),
        ("agents:", "agents:\n  names: [jane@x.example, bob]"),
        ("agents:   # mine\n#  x\nlog:\n", "agents:   # mine\n  names: [jane@x.example, bob]\n#  x\nlog:\n"),
        ("agents: {}  # mine\n", "agents: {names: [jane@x.example, bob]}  # mine\n"),
        ("agents: {default: bob}\n", "agents: {names: [jane@x.example, bob], default: bob}\n"),
        (
            "agents:\n    # mine\n    default: bob\n",
            "agents:\n    # mine\n    names: [jane@x.example, bob]\n    default: bob\n",
        ),
        ("agents: null\n", None),
        ("agents: {names: [ann]}\n", None),
        ("agents: {names: []}\n", None),
        ("agents: [ann]\n", None),
        ("agents: {\n", None),
        ("[agents]", None),
        ("{log: {}}", None),
    ],
)
def test_where_it_goes(text: str, edited: str | None) -> None:
    assert names(text) == edited


def test_of_the_shipped_file_one_line_more_is_all_that_changes() -> None:
    edited = names(SHIPPED)
    assert edited is not None
    assert [line for line in edited.splitlines() if line not in SHIPPED.splitlines()] == [
        "  names: [jane@x.example, bob]"
    ]


SECTIONS = st.dictionaries(
    st.sampled_from(["agents", "log", "server", "x"]),
    st.none() | st.dictionaries(st.sampled_from(["default", "level"]), st.text(max_size=8), max_size=2),
    max_size=4,
)


@given(SECTIONS, st.booleans(), st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3))
@example({"agents": {"default": "\x85"}}, False, ["a\x85b"])
def test_what_else_stands_there_stays(sections: dict[str, object], flow: bool, values: list[str]) -> None:
    text = yaml.safe_dump(sections, default_flow_style=None if flow else False, allow_unicode=True)
    # What the library writes is not always what it reads: a next line (U+0085) becomes a blank.
    sections = yaml.safe_load(text)
    edited = with_list(text, "agents", "names", values)
    if edited is not None:
        read = yaml.safe_load(edited)
        assert read["agents"].pop("names") == values
        kept = {**sections, "agents": sections.get("agents") or {}}
        assert read == kept
    else:
        assert flow or sections == {} or sections.get("agents", "") is None
