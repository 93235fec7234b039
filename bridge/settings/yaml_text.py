"""Reads YAML, and says of what is none where it breaks and what is likely to be wrong there.

What is said names keys and characters of YAML's own, never a value: a secret may stand there by mistake.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml
from msgspec import Struct

from bridge.errors import BridgeError
from bridge.language.phrase import Phrase, phrase, phrase_of

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


class _Broken(Struct, frozen=True):
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
        raise YamlInvalid(phrase_of(problem)) from None
    except NOT_YAML as problem:
        raise YamlInvalid(_explained(text, problem)) from None


class _Once(yaml.SafeLoader):
    """Refuses a key that stands twice: of two equal sections YAML would drop the first, silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise _TwiceError(phrase("has {name} twice (line {line})", name=key.value, line=line))
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def _explained(text: str, problem: Exception) -> Phrase:
    if isinstance(problem, yaml.reader.ReaderError):
        line = _line_of(text, problem)
        return phrase("is not valid YAML (line {line}): it holds a character that no text has", line=line)
    mark, began = (getattr(problem, name, None) for name in ("problem_mark", "context_mark"))
    if mark is None:
        return phrase("is not valid YAML")
    said, context = (str(getattr(problem, name, None) or "") for name in ("problem", "context"))
    broken = _Broken(said, context, text.splitlines(), mark.line, began.line if began else mark.line)
    shown = phrase(" at {key}", key=_shown(broken.line)) if KEY.match(broken.line) else ""
    where = phrase(
        "is not valid YAML (line {line}, column {column}){shown}",
        line=mark.line + 1,
        column=mark.column + 1,
        shown=shown,
    )
    cause = next((told for rule in RULES if (told := rule(broken))), None)
    return phrase("{where}: {cause}", where=where, cause=cause) if cause else where


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


def _tab(broken: _Broken) -> Phrase | None:
    blank = broken.line[: len(broken.line) - len(broken.line.lstrip())]
    return phrase("it is indented with a tab, and YAML takes only blanks") if "\t" in blank else None


def _closed_before(broken: _Broken) -> Phrase | None:
    """`auth: {}`, and below it what should be in it: the first edit of a section that is empty."""
    closed = CLOSED.fullmatch(broken.lines[broken.before]) if broken.lines else None
    deeper = _indent(broken.line) > _indent(broken.lines[broken.before]) if closed else False
    if not closed or not deeper:
        return None
    what = closed[1] if closed[1] in ("{}", "[]") else f"{closed[1][0]}…{closed[1][-1]}"
    return phrase(
        "line {line} ends with {what}, so nothing can stand below it as a part of it: take {what} away "
        "there, or put all of it inside",
        line=broken.before + 1,
        what=what,
    )


def _colons(broken: _Broken) -> Phrase | None:
    if "mapping values are not allowed" not in broken.problem:
        return None
    before, line = broken.lines[broken.before], broken.before + 1
    if TWO_COLONS.match(broken.line):
        return phrase("its value holds a colon and a blank, and then it belongs in quotes")
    if NO_BLANK.match(before):
        return phrase("line {line} needs a blank after its colon", line=line)
    if not KEY.match(before):
        return phrase("line {line} has no colon after its name", line=line)
    return phrase("it is indented deeper than line {line}, which has a value already", line=line)


def _bracket(broken: _Broken) -> Phrase | None:
    of = {"sequence": "[", "mapping": "{"}.get(broken.context.removeprefix("while parsing a flow "))
    if not of:
        return None
    line = broken.began + 1
    return phrase("the {bracket} of line {line} is not closed, or lacks a comma", bracket=of, line=line)


def _quote(broken: _Broken) -> Phrase | None:
    if "quoted scalar" not in broken.context:
        return None
    if "escape" in broken.problem:
        return phrase("in double quotes a \\ begins an escape: use single quotes")
    return phrase("the quote of line {line} is not closed", line=broken.began + 1)


def _first_character(broken: _Broken) -> Phrase | None:
    found = STARTS.search(broken.problem)
    alias = "*" if "undefined alias" in broken.problem or "an alias" in broken.context else ""
    tag = "!" if "the tag" in broken.problem else ""
    anchor = "&" if "an anchor" in broken.context else ""
    character = found[1] if found else alias or tag or anchor
    if not character:
        return None
    return phrase("a value that begins with {character} belongs in quotes", character=character)


def _no_colon(broken: _Broken) -> Phrase | None:
    if "could not find expected ':'" not in broken.problem:
        return None
    line = broken.began + 1
    if broken.began < len(broken.lines) and DASH.match(broken.lines[broken.began]):
        return phrase("line {line} needs a blank after its dash", line=line)
    return phrase("line {line} has no colon after its name", line=line)


def _indented_otherwise(broken: _Broken) -> Phrase | None:
    if "expected <block end>" not in broken.problem:
        return None
    if "<scalar>" in broken.problem:
        return phrase("a text goes on after its closing quote")
    return phrase("it is indented otherwise than the lines that it stands with")


def _two_documents(broken: _Broken) -> Phrase | None:
    if "another document" not in broken.problem:
        return None
    return phrase("there is a second document in the file (a line ---)")


Rule = Callable[[_Broken], Phrase | None]
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
