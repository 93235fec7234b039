"""Reads the blocks of a page: the commands of each, what is shown of their output, how they are run.

<!-- not run: needs a Twilio account -->          said above a block: nobody runs it, and why
<!-- run: in a terminal of its own -->            it stays until the page ends, then gets Ctrl-C
<!-- run: ends with 1 -->                         the status that it ends with, if that is not 0
<!-- run: typed: http://127.0.0.1:3000 | y -->    what is typed at its questions; {API key} is what a
                                                  former block printed after that word
<!-- into config.local.yaml -->                  said above a block that is no console: each of its
                                                  top-level keys takes the place of the file's own
<!-- before: set up -->                           said anywhere: the page begins in a folder of a bridge
<!-- before: running -->                          that is set up on the sandboxes, and runs
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

FENCED = re.compile(
    r"(?:^ *<!-- (?P<said>(?:not run|run|into)\b[^\n]*?) -->\n\s*)?"
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)
BEFORE = re.compile(r"<!-- before: (set up|running) -->")


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, and the lines that are shown of its output."""

    typed: str
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `said` is the comment above it."""

    line: int
    language: str
    text: str
    said: str

    @property
    def not_run(self) -> str | None:
        """Why nobody runs it; None if it is run."""
        return self._of("not run:")

    @property
    def into(self) -> str | None:
        """The file that it is to be written into."""
        return self._of("into")

    @property
    def stays(self) -> bool:
        """Whether it has a terminal of its own, until the page ends."""
        return "in a terminal of its own" in self.said

    @property
    def status(self) -> int:
        """What its commands end with."""
        found = re.search(r"ends with (\d+)", self.said)
        return int(found.group(1)) if found else 0

    @property
    def answers(self) -> tuple[str, ...] | None:
        """What is typed at its questions; None where nobody sits at a terminal."""
        _, found, answers = self.said.partition("typed:")
        return tuple(one.strip() for one in answers.split("|")) if found else None

    @property
    def commands(self) -> list[Command]:
        """Those of a console block; a line that ends with a backslash goes on."""
        whole = re.sub(r"\\\n\s*(?:> )?", "", self.text)
        _, *parts = re.split(r"^\$ ", whole, flags=re.MULTILINE)
        return [_command(*part.rstrip("\n").split("\n")) for part in parts]

    def _of(self, word: str) -> str | None:
        return self.said.removeprefix(word).strip() if self.said.startswith(word) else None


def _command(typed: str, *shown: str) -> Command:
    return Command(typed, tuple(line for line in shown if line.strip()))


def blocks(page: str) -> Iterator[Block]:
    """Every fenced block."""
    for found in FENCED.finditer(page):
        line = page.count("\n", 0, found.start("indent")) + 1
        yield Block(line, found["language"], dedent(found["text"]), found["said"] or "")


def before(page: str) -> str | None:
    """What a page begins with: `set up`, `running`, or nothing."""
    found = BEFORE.search(page)
    return found.group(1) if found else None


def ports(page: str) -> set[str]:
    """Those of this machine that a page names."""
    return set(re.findall(r"(?:127\.0\.0\.1|localhost):(\d{4,5})\b", page))
