"""Reads YAML, and says of what is none where it breaks and what is likely to be wrong there.

What is said names keys and characters of YAML's own, never a value: a secret may stand there by mistake.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bridge.errors import BridgeError

NOT_YAML = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What the YAML library raises; of a value that is not what its tag says, what `int` and its like do."""

KEY = re.compile(r"[ \t]*(?:- +)?['\"]?[\w+.-]+['\"]?[ ]*:(?=\s|$)")
CLOSED = re.compile(r"[ \t]*(?:- +)?['\"]?[\w+.-]+['\"]?[ ]*:[ ]+(\{[^{}]*\}|\[[^\[\]]*\])[ ]*(?:#.*)?")
NO_BLANK = re.compile(r"[ \t]*(?:- +)?\w+:[^\s:]")
TWO_COLONS = re.compile(r"[ \t]*(?:- +)?[\w+.-]+:[ ]+[^\s'\"{\[|>#][^#]*?:(?:\s|$)")
DASH = re.compile(r"[ \t]*-[^\s-]")
STARTS = re.compile(r"found character '(.)' that cannot start")


class YamlInvalid(BridgeError):
    """A text that is not YAML; the message says where it breaks, and the likely cause."""


class _TwiceError(ValueError):
    """A key occurs twice."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """What the library says, and where; lines count from 0. `began` is where what is open began."""

    problem: str
    context: str
    lines: Sequence[str]
    at: int
    began: int

    @property
    def line(self) -> str:
        """The one at which the library gave up."""
        return self.lines[self.at] if self.at < len(self.lines) else ""

    @property
    def before(self) -> int:
        """The last line before it that says something."""
        said = (n for n in range(min(self.at, len(self.lines)) - 1, -1, -1) if _says(self.lines[n]))
        return next(said, self.at)


def parse(text: str) -> Any:
    """What a YAML text says; raises YamlInvalid."""
    try:
        return yaml.load(text, _Once)  # noqa: S506 - a SafeLoader
    except _TwiceError as problem:
        raise YamlInvalid(str(problem)) from None
    except NOT_YAML as problem:
        raise YamlInvalid(f"is no YAML{_explained(text, problem)}") from None


class _Once(yaml.SafeLoader):
    """Refuses a key that stands twice: of two equal sections YAML would drop the first, silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise _TwiceError(f"has {key.value} twice (line {key.start_mark.line + 1})")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def _explained(text: str, problem: Exception) -> str:
    if isinstance(problem, yaml.reader.ReaderError):
        return f" (line {_line_of(text, problem)}): it holds a character that no text has"
    mark, began = (getattr(problem, name, None) for name in ("problem_mark", "context_mark"))
    if mark is None:
        return ""
    said, context = (str(getattr(problem, name, None) or "") for name in ("problem", "context"))
    broken = _Broken(said, context, text.splitlines(), mark.line, began.line if began else mark.line)
    shown = f" at {_shown(broken.line)}" if KEY.match(broken.line) else ""
    cause = next((told for rule in RULES if (told := rule(broken))), "")
    return f" (line {mark.line + 1}, column {mark.column + 1}){shown}" + (f": {cause}" if cause else "")


def _line_of(text: str, problem: yaml.reader.ReaderError) -> int:
    return text.count("\n", 0, problem.position) + 1


def _shown(line: str) -> str:
    """A line without its value."""
    key = KEY.match(line)
    return f"“{key[0].strip()}”" if key else ""


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _tab(broken: _Broken) -> str:
    blank = broken.line[: len(broken.line) - len(broken.line.lstrip())]
    return "it is indented with a tab, and YAML takes only blanks" if "\t" in blank else ""


def _closed_before(broken: _Broken) -> str:
    """`auth: {}`, and below it what should be in it: the first edit of a section that is empty."""
    closed = CLOSED.fullmatch(broken.lines[broken.before]) if broken.lines else None
    deeper = _indent(broken.line) > _indent(broken.lines[broken.before]) if closed else False
    if not closed or not deeper:
        return ""
    what = closed[1] if closed[1] in ("{}", "[]") else f"{closed[1][0]}…{closed[1][-1]}"
    return (
        f"line {broken.before + 1} ends with {what}, so nothing can stand below it as a part of it:"
        f" take {what} away there, or put all of it inside"
    )


def _colons(broken: _Broken) -> str:
    if "mapping values are not allowed" not in broken.problem:
        return ""
    before = broken.lines[broken.before]
    if TWO_COLONS.match(broken.line):
        return "its value holds a colon and a blank, and then it belongs in quotes"
    if NO_BLANK.match(before):
        return f"line {broken.before + 1} needs a blank after its colon"
    if not KEY.match(before):
        return f"line {broken.before + 1} has no colon after its name"
    return f"it is indented deeper than line {broken.before + 1}, which has a value already"


def _bracket(broken: _Broken) -> str:
    of = {"sequence": "[", "mapping": "{"}.get(broken.context.removeprefix("while parsing a flow "))
    return f"the {of} of line {broken.began + 1} is not closed, or lacks a comma" if of else ""


def _quote(broken: _Broken) -> str:
    if "quoted scalar" not in broken.context:
        return ""
    if "escape" in broken.problem:
        return "in double quotes a \\ begins an escape: use single quotes"
    return f"the quote of line {broken.began + 1} is not closed"


def _first_character(broken: _Broken) -> str:
    found = STARTS.search(broken.problem)
    alias = "*" if "undefined alias" in broken.problem or "an alias" in broken.context else ""
    tag = "!" if "the tag" in broken.problem else ""
    anchor = "&" if "an anchor" in broken.context else ""
    character = found[1] if found else alias or tag or anchor
    return f"a value that begins with {character} belongs in quotes" if character else ""


def _no_colon(broken: _Broken) -> str:
    if "could not find expected ':'" not in broken.problem:
        return ""
    if broken.began < len(broken.lines) and DASH.match(broken.lines[broken.began]):
        return f"line {broken.began + 1} needs a blank after its dash"
    return f"line {broken.began + 1} has no colon after its name"


def _indented_otherwise(broken: _Broken) -> str:
    if "expected <block end>" not in broken.problem:
        return ""
    if "<scalar>" in broken.problem:
        return "a text goes on after its closing quote"
    return "it is indented otherwise than the lines that it stands with"


def _two_documents(broken: _Broken) -> str:
    return (
        "there is a second document in the file (a line ---)" if "another document" in broken.problem else ""
    )


Rule = Callable[[_Broken], str]
RULES: Sequence[Rule] = (
    _tab,
    _closed_before,
    _colons,
    _bracket,
    _quote,
    _first_character,
    _no_colon,
    _indented_otherwise,
    _two_documents,
)
"""The first that has something to say has it."""
