"""Sets a list in `config.yaml` where none stands, and leaves all else there as it is, comments included."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from bridge.settings.yaml_text import YamlInvalid, parse


def with_list(text: str, section: str, name: str, values: Sequence[str]) -> str | None:
    """The text with `section.name` set; None where it cannot be set without changing something else."""
    there = _parsed(text)
    if there is None or not isinstance(there.get(section) or {}, dict):
        return None
    line = f"{name}: {_inline(values)}"
    edited = _within(text, section, line) if section in there else f"{_ended(text)}{section}:\n  {line}\n"
    wanted = {**there, section: {name: list(values), **(there.get(section) or {})}}
    return edited if _parsed(edited) == wanted else None


def _within(text: str, section: str, line: str) -> str:
    """`line` as the first of its section, in the style in which the section is written."""
    root = yaml.compose(text, yaml.SafeLoader)
    assert root is not None  # noqa: S101 - the section was found in it
    key, value = next((key, value) for key, value in root.value if key.value == section)
    start = value.start_mark.index
    if isinstance(value, yaml.MappingNode) and value.flow_style:
        more = ", " if value.value else ""
        return f"{text[: start + 1]}{line}{more}{text[start + 1 :]}"
    if isinstance(value, yaml.MappingNode):
        return f"{text[:start]}{line}\n{' ' * value.start_mark.column}{text[start:]}"
    end_of_line = text.find("\n", key.end_mark.index)
    end = end_of_line if end_of_line >= 0 else len(text)
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


def _inline(values: Sequence[str]) -> str:
    # A next line (U+0085) that is not escaped is read as a blank.
    plain = all(value.isprintable() for value in values)
    return yaml.safe_dump(list(values), default_flow_style=True, allow_unicode=plain, width=10_000).strip()


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
