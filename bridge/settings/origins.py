"""Where each setting was read: a line of `config.yaml`, a line of `.env`, or the environment."""

from collections.abc import Iterator, Mapping, Sequence

import yaml
from msgspec import Struct

from bridge.settings.variables import VARIABLES

SettingPath = tuple[str | int, ...]
"""`("lines", "numbers", "+33159130001", "ring", 0)`, as pydantic names a place."""


class Origin(Struct, frozen=True):
    """`place` is text for people, empty where nothing was read."""

    place: str
    may_be_variable: bool
    """Whether the setting's variable names it: it was read from there, or nowhere."""


class Origins(Struct, frozen=True):
    """`settings` is the place of each setting of a file, `variables` that of each variable."""

    settings: Mapping[SettingPath, str]
    variables: Mapping[str, str]

    def of(self, path: Sequence[str | int]) -> Origin:
        """Of the setting, or of the nearest one around it that stands in the file."""
        variable = VARIABLES.get((str(path[0]), str(path[1]))) if len(path) > 1 else None
        if variable and variable in self.variables:
            return Origin(self.variables[variable], may_be_variable=True)
        for length in range(len(path), 0, -1):
            if place := self.settings.get(tuple(path[:length])):
                return Origin(place, may_be_variable=length < len(path))
        return Origin("", may_be_variable=True)


NOWHERE = Origins({}, {})


def lines_of(text: str) -> Mapping[SettingPath, int]:
    """The line, from 1, of each key and item of a YAML text that can be read."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return dict(_lines(node, (), set()))


def _lines(node: yaml.Node | None, path: SettingPath, seen: set[int]) -> Iterator[tuple[SettingPath, int]]:
    # An alias stands for a node that was met before; through aliases a short text can have endless paths.
    if id(node) in seen:
        return
    seen.add(id(node))
    for key, value, at in _parts(node):
        here = (*path, key)
        yield here, at.start_mark.line + 1
        yield from _lines(value, here, seen)


def _parts(node: yaml.Node | None) -> Iterator[tuple[str | int, yaml.Node, yaml.Node]]:
    """Key or place, value, and the node at which it begins."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value, key) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from ((place, item, item) for place, item in enumerate(node.value))
