"""What the comments of `config.yaml` and `.env.example` say of each setting: there operators read it first.

#  port: 8080            # ... and the port; 0 takes any      → server.port
#    owner:                           # who rings first: …    → lines.default.owner
#                                     # with the caller last
#      - number: "+33698765432"       # a telephone           → lines.default.ring.number
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SECTION = re.compile(r"(\w+):")
SETTING = re.compile(r"#(?P<indent> +(?:- )?)(?P<name>[\w\"+]+):(?P<shown>.*?)(?: +# (?P<said>.*))?")
GOES_ON = re.compile(r"# {20,}# (?P<said>.*)")
VARIABLE = re.compile(r"#?(?P<name>[A-Z][A-Z0-9_]+)=.*")


@dataclass(frozen=True, slots=True)
class Comment:
    """What is said of a setting, and the value that stands beside it."""

    said: str
    shown: str = ""


def of_config(text: str) -> Mapping[str, Comment]:
    """Path → comment; of a section its own, that stands before it."""
    found: dict[str, Comment] = {}
    parents: list[tuple[int, str]] = []
    before: list[str] = []
    for line in text.splitlines():
        if section := SECTION.match(line):
            parents = [(0, section[1])]
            found[section[1]] = Comment(" ".join(before))
        elif further := GOES_ON.fullmatch(line):
            last = next(reversed(found))
            found[last] = Comment(f"{found[last].said} {further['said']}", found[last].shown)
        elif parents and (setting := SETTING.fullmatch(line)):
            indent = len(setting["indent"])
            parents = [*(one for one in parents if one[0] < indent), (indent, setting["name"])]
            path = ".".join(name for _, name in parents)
            found[path] = Comment(setting["said"] or "", setting["shown"].strip())
        before = [*before, line.removeprefix("# ")] if line.startswith("# ") else []
    return found


def of_environment(text: str) -> Mapping[str, str]:
    """Variable → what is said before it; of several in a row all have the same."""
    found: dict[str, str] = {}
    said: list[str] = []
    in_list = False
    for line in text.splitlines():
        if variable := VARIABLE.fullmatch(line):
            found[variable["name"]] = " ".join(said)
            in_list = True
        elif line.startswith("# "):
            said = ([] if in_list else said) + [line.removeprefix("# ")]
            in_list = False
        else:
            said = []
    return found


def variables(text: str) -> Iterator[str]:
    """The variables that stand there, in their order."""
    return (match["name"] for line in text.splitlines() if (match := VARIABLE.fullmatch(line)))
