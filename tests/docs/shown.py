"""Whether what a page shows is what was printed, but for what differs from run to run."""

import re
from collections.abc import Iterable, Iterator

COLORS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CLEARED = "\x1b[K"
"""What a progress line begins with, after a carriage return: it takes away the one before."""
VARYING = (
    (re.compile(r"\beyJ[\w.-]+"), "TOKEN"),
    (re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b"), r"\1SID"),
    (re.compile(r"\bwm_[0-9a-f]{32}\b"), "MEMBER"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b[0-9a-f]{32,64}\b"), "SECRET"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?)?"), "TIME"),
    (re.compile(r"\b\d+(?:\.\d+)? (ms|GB)\b"), r"N \1"),
)
"""What a run makes up; `…` in a page stands for anything else."""


def missing(shown: Iterable[str], printed: str) -> str | None:
    """The first line of a page that was not printed, after those before it; None if all were."""
    lines = iter(_left(printed).splitlines())
    return next((line for line in shown if line.strip() != "…" and not _found(line, lines)), None)


def _left(printed: str) -> str:
    """What stands on the screen in the end, without its colors: a line that was cleared is gone."""
    lines = (line.rpartition(CLEARED)[2] for line in printed.split("\n"))
    return COLORS.sub("", "\n".join(lines))


def _found(line: str, lines: Iterator[str]) -> bool:
    return any(_is(line, printed) or _is(_even(line), _even(printed)) for printed in lines)


def _is(line: str, printed: str) -> bool:
    """With blanks one wide."""
    parts = " ".join(line.split()).split("…")
    return bool(re.fullmatch(".*".join(map(re.escape, parts)), " ".join(printed.split())))


def _even(line: str) -> str:
    """Whatever a run makes up has one name."""
    for pattern, name in VARYING:
        line = pattern.sub(name, line)
    return line
