"""A list is set in config.yaml, and nothing else of it changes."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.setup.config_file import with_item, with_setting

SHIPPED = Path("config.yaml").read_text(encoding="utf-8")
NAMES = ["jane@x.example", "bob"]


def names(text: str) -> str | None:
    return with_setting(text, "agents", "names", NAMES)


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


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("", "auth:\n  keys:\n    - {name: a}\n"),
        ("auth:  # mine\n# x\n", "auth:  # mine\n  keys: [{name: a}]\n# x\n"),
        ("auth: {}\n", "auth: {keys: [{name: a}]}\n"),
        ("auth: {anonymous: true}\n", "auth: {keys: [{name: a}], anonymous: true}\n"),
        ("auth:\n  keys:  # none yet\n", "auth:\n  keys:  # none yet\n    - {name: a}\n"),
        ("auth:\n  keys: []\n", "auth:\n  keys: [{name: a}]\n"),
        ("auth: {keys: [{name: b}]}\n", "auth: {keys: [{name: a}, {name: b}]}\n"),
        (
            "auth:\n  keys:\n  # Ours.\n  - name: b  # desk\n    hash: x\n\nlog:\n",
            "auth:\n  keys:\n  # Ours.\n  - {name: a}\n  - name: b  # desk\n    hash: x\n\nlog:\n",
        ),
        ("auth:\n  keys:\n    - b\n    - c", "auth:\n  keys:\n    - {name: a}\n    - b\n    - c"),
        ("auth:\n  keys: &ours\n    - b\nx: *ours\n", None),
        ("auth: {keys: }\n", None),
        ("auth: {keys: 5}\n", None),
        ("auth: [keys]\n", None),
        ("auth: {\n", None),
    ],
)
def test_where_an_item_goes(text: str, edited: str | None) -> None:
    assert with_item(text, "auth", "keys", "{name: a}") == edited


ITEMS = st.lists(st.dictionaries(st.sampled_from(["name", "x"]), st.text(max_size=5), min_size=1), max_size=3)


@given(
    st.dictionaries(st.sampled_from(["keys", "members"]), st.none() | ITEMS, max_size=2),
    st.sampled_from([True, False, None]),
    st.integers(2, 6),
)
def test_an_item_more_is_all_that_changes(auth: dict[str, object], flow: bool | None, indent: int) -> None:
    text = yaml.safe_dump({"auth": auth, "log": {"level": "info"}}, default_flow_style=flow, indent=indent)
    there = yaml.safe_load(text)
    edited = with_item(text, "auth", "keys", "{name: a}")
    if edited is None:
        # Only what says `null` in words cannot be added to.
        assert auth.get("keys", "") is None
    else:
        keys = [{"name": "a"}, *(there["auth"].get("keys") or [])]
        assert yaml.safe_load(edited) == {**there, "auth": {**there["auth"], "keys": keys}}


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
    edited = with_setting(text, "agents", "names", values)
    if edited is not None:
        read = yaml.safe_load(edited)
        assert read["agents"].pop("names") == values
        kept = {**sections, "agents": sections.get("agents") or {}}
        assert read == kept
    else:
        assert flow or sections == {} or sections.get("agents", "") is None
