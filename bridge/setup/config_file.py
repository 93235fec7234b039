"""Edits values in `config.yaml` and leaves all else there as it is, comments included."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from bridge.settings.yaml_text import YamlInvalid, parse


def with_setting(text: str, section: str, name: str, value: str | Sequence[str]) -> str | None:
    """The text with `section.name` set; None where it cannot be set without changing something else."""
    there = _parsed(text)
    if there is None or not isinstance(there.get(section) or {}, dict):
        return None
    line = f"{name}: {_inline(value)}"
    edited = _within(text, section, line) if section in there else f"{_ended(text)}{section}:\n  {line}\n"
    wanted = {**there, section: {name: _plain(value), **(there.get(section) or {})}}
    return edited if _parsed(edited) == wanted else None


def with_item(text: str, section: str, name: str, item: str) -> str | None:
    """The text with one more item (YAML in a line) in `section.name`; None where that would change more."""
    there = _parsed(text)
    if there is None or not isinstance(there.get(section) or {}, dict):
        return None
    fields = there.get(section) or {}
    if not isinstance(fields.get(name) or [], list):
        return None
    wanted = {**there, section: {**fields, name: [yaml.safe_load(item), *(fields.get(name) or [])]}}
    if name in fields:
        edited = _with_first(text, section, name, item)
    elif section in there:
        edited = _within(text, section, f"{name}: [{item}]")
    else:
        edited = f"{_ended(text)}{section}:\n  {name}:\n    - {item}\n"
    return edited if _parsed(edited) == wanted else None


def _with_first(text: str, section: str, name: str, item: str) -> str:
    """`item` before those of a list that stands there, or is empty."""
    _, fields = _found(yaml.compose(text, yaml.SafeLoader), section)
    key, value = _found(fields, name)
    start = value.start_mark.index
    if isinstance(value, yaml.SequenceNode) and value.flow_style:
        more = ", " if value.value else ""
        return f"{text[: start + 1]}{item}{more}{text[start + 1 :]}"
    if isinstance(value, yaml.SequenceNode):
        return f"{text[:start]}- {item}\n{' ' * value.start_mark.column}{text[start:]}"
    end = _end_of_line(text, key)
    return f"{text[:end]}\n{' ' * (key.start_mark.column + 2)}- {item}{text[end:]}"


def _found(mapping: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node]:
    """The key of that name, and its value."""
    assert isinstance(mapping, yaml.MappingNode)  # noqa: S101 - the name was found in it
    return next((key, value) for key, value in mapping.value if key.value == name)


def _end_of_line(text: str, node: yaml.Node) -> int:
    end = text.find("\n", node.end_mark.index)
    return end if end >= 0 else len(text)


def _within(text: str, section: str, line: str) -> str:
    """`line` as the first of its section, in the style in which the section is written."""
    key, value = _found(yaml.compose(text, yaml.SafeLoader), section)
    start = value.start_mark.index
    if isinstance(value, yaml.MappingNode) and value.flow_style:
        more = ", " if value.value else ""
        return f"{text[: start + 1]}{line}{more}{text[start + 1 :]}"
    if isinstance(value, yaml.MappingNode):
        return f"{text[:start]}{line}\n{' ' * value.start_mark.column}{text[start:]}"
    end = _end_of_line(text, key)
    return f"{text[:end]}\n  {line}{text[end:]}"


def _parsed(text: str) -> Mapping[str, Any] | None:
    """The sections of a file; None of a text that has none."""
    try:
        sections = parse(text)
    except YamlInvalid:
        return None
    if sections is None:
        return {}
    return sections if isinstance(sections, dict) else None


def _plain(value: str | Sequence[str]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def _inline(value: str | Sequence[str]) -> str:
    # A next line (U+0085) that is not escaped is read as a blank.
    plain = all(text.isprintable() for text in value)
    dumped = yaml.safe_dump(_plain(value), default_flow_style=True, allow_unicode=plain, width=10_000)
    return dumped.removesuffix("...\n").strip()


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
