"""Joins the page's modules into one for the first browser that asks.

A browser loads sixty small modules one after the other, each compressed by itself; joined they are a quarter
smaller and take one request. Each module becomes a function that is called once, after those it imports.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from msgspec import Struct

IMPORT = re.compile(
    r'^import (?:\* as (?P<all>\w+)|\{(?P<some>[^}]*)\}|(?P<default>\w+)) from "(?P<path>[^"]+)";\n', re.M
)
EXPORT = re.compile(r"^export (?=(?:const|class|(?:async )?function\*?) (\w+))", re.M)

COMMENTS = re.compile(
    r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n|^[ \t]*//[^\n]*\n|/\*\* @type [^*\n]*\*/ ?|^[ \t]+|^\n",
    re.MULTILINE | re.DOTALL,
)
"""Left out for browsers: comments on lines of their own, type casts, indentation."""

LINE_END = re.compile(r"^([^\n/]*(?:/(?!/)[^\n/]*)*)(?:(?<=[;,{}>])\n|\n(?=[}<]))", re.MULTILINE)
"""Between these a line needs no end, unless a comment stands in it."""

OPERATOR = re.compile(r" (=>|[!=]==|=|\?\?|&&|\|\|) |(?<=\{) | (?=\})")
"""What needs no blanks, and stands in no text that is shown."""

CSS_COMMENT = re.compile(r"/\*(?:(?!\*/).)*\*/", re.DOTALL)
CSS_BLANK = re.compile(r"(?<=[{};:,])\s+|\s(?=\{)")


class _Module(Struct, frozen=True):
    path: str
    text: str

    @property
    def needs(self) -> list[str]:
        return [_resolved(self.path, found["path"]) for found in IMPORT.finditer(self.text)]

    @property
    def names(self) -> str:
        return ", ".join(EXPORT.findall(self.text))


def joined(sources: Mapping[str, str], main: str) -> dict[str, str]:
    """Path → served text: `main` contains all modules that it needs, the others re-export theirs from it."""
    modules = {path: _Module(path, COMMENTS.sub("", text)) for path, text in sources.items()}
    order = [path for path in _order(modules, main) if path in modules]
    libraries = sorted({need for path in order for need in modules[path].needs} - modules.keys())
    numbers = {path: f"m{number}" for number, path in enumerate((*libraries, *order))}
    lines = [f'import * as {numbers[path]} from "./{path}";' for path in libraries]
    lines += [_called(modules[path], numbers) for path in order]
    rest = {path: _given_out(modules[path], numbers[path], main) for path in order}
    held = ", ".join(numbers[path] for path in order)
    text = "\n".join((*lines, f"export {{ {held} }};\n"))
    return {**rest, main: OPERATOR.sub(r"\1", LINE_END.sub(r"\1", text))}


def dense(css: str) -> str:
    """A style sheet without comments, and without blanks that mean nothing."""
    return CSS_BLANK.sub("", CSS_COMMENT.sub("", css)).strip()


def _order(modules: Mapping[str, _Module], main: str) -> Iterable[str]:
    """The modules in order of their imports; raises CycleError where they import each other."""
    graph: dict[str, list[str]] = {}
    waiting = [main]
    while waiting:
        path = waiting.pop()
        if path not in graph:
            graph[path] = modules[path].needs if path in modules else []
            waiting += graph[path]
    return TopologicalSorter(graph).static_order()


def _called(module: _Module, numbers: Mapping[str, str]) -> str:
    def bound(found: re.Match[str]) -> str:
        number = numbers[_resolved(module.path, found["path"])]
        if found["some"] is not None:
            some = found["some"].strip().replace(" as ", ":").replace(", ", ",")
            return f"const {{{some}}}={number};\n"
        return (
            f"const {found['all'] or found['default']} = {number}{'.default' if found['default'] else ''};\n"
        )

    body = EXPORT.sub("", IMPORT.sub(bound, module.text))
    return f"const {numbers[module.path]} = (() => {{\n{body}return {{ {module.names} }};\n}})();"


def _given_out(module: _Module, number: str, main: str) -> str:
    """A module that re-exports from `main`, so that each module is evaluated once."""
    up = posixpath.relpath(main, posixpath.dirname(module.path) or ".")
    where = up if up.startswith(".") else f"./{up}"
    return f'import {{ {number} }} from "{where}";\nexport const {{ {module.names} }} = {number};\n'


def _resolved(path: str, needed: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), needed))
