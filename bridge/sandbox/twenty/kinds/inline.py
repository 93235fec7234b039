"""What stands within a line of Markdown becomes HTML, as the original's editor reads it.

Few characters can be escaped, there are no references, and raw tags stay what they are.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from functools import cached_property
from html import escape
from typing import NamedTuple

_DEPTH = 64
"""How deep styles may be nested; below that, text is kept as it is."""

_SPECIAL = frozenset("\\`![~*_\n<")
_PLAIN = re.compile(r"[^\\`!\[~*_\n<]+")
_ESCAPABLE = "\\`*_{}[]()#+-.!~|>"
_TAG = re.compile(
    r"</?[a-zA-Z][a-zA-Z0-9-]*+"
    r"(?:\s++[a-zA-Z_:][a-zA-Z0-9_.:-]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'=<>`]++))?+)*+\s*+/?>"
)
_ENCLOSED = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
_DECLARATION = re.compile(r"<![A-Za-z]")
_RUN = re.compile(r"`+")
_TITLE = re.compile(r"\"([^\"]*)\"|'([^']*)'|\(([^)]*)\)")
_DESTINATION = re.compile(r"(?:[^\\ \t\n]|\\[\s\S]|\\$)*+")
_VIDEO = re.compile(r"\.(?:mp4|webm|ogg|mov|mkv|flv|avi|wmv|m4v)$", re.IGNORECASE)
_STYLES = (
    ("~~", "<del>", "</del>"),
    ("***", "<strong><em>", "</em></strong>"),
    ("___", "<strong><em>", "</em></strong>"),
    ("**", "<strong>", "</strong>"),
    ("__", "<strong>", "</strong>"),
    ("*", "<em>", "</em>"),
    ("_", "<em>", "</em>"),
)


class _Found(NamedTuple):
    """The HTML of a piece, and where the text goes on."""

    html: str
    end: int


def to_html(text: str, depth: int = 0) -> str:
    """The HTML of one line of Markdown, or of several that belong together."""
    return _Line(text, depth).html() if depth < _DEPTH else escape(text)


class _Line:
    """A text that is read from front to back; what was searched in vain is not searched again."""

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self._depth = depth
        self._in_vain: dict[str, int] = {}

    def html(self) -> str:
        parts: list[str] = []
        place = 0
        while place < len(self.text):
            if self._ends_line(place):
                if self.text[:place].endswith("  ") and parts:
                    parts[-1] = parts[-1].rstrip(" ")
                parts.append("<br>\n")
                place += 1
                continue
            found = self._special(place) or self._as_it_is(place)
            parts.append(found.html)
            place = found.end
        return "".join(parts)

    def _ends_line(self, place: int) -> bool:
        return self.text[place] == "\n"

    def _as_it_is(self, place: int) -> _Found:
        plain = _PLAIN.match(self.text, place + 1)
        end = plain.end() if plain else place + 1
        return _Found(escape(self.text[place:end]), end)

    def _special(self, place: int) -> _Found | None:
        first = self.text[place]
        if first == "\\":
            return self._escaped(place)
        if first == "`":
            return self._code(place)
        if first in "![":
            return self._reference(place)
        return self._raw(place) if first == "<" else self._styled(place)

    def _escaped(self, place: int) -> _Found | None:
        following = self.text[place + 1 : place + 2]
        if following == "\n":
            return _Found("<br>\n", place + 2)
        return _Found(escape(following), place + 2) if following and following in _ESCAPABLE else None

    @cached_property
    def _runs(self) -> dict[int, list[int]]:
        """Where runs of backticks begin, by their length."""
        runs: dict[int, list[int]] = defaultdict(list)
        for run in _RUN.finditer(self.text):
            runs[len(run[0])].append(run.start())
        return runs

    def _code(self, place: int) -> _Found | None:
        opening = _RUN.match(self.text, place)
        length = len(opening[0]) if opening else 0
        runs = self._runs[length]
        closing = bisect_left(runs, place + length)
        if closing == len(runs):
            return None
        code = self.text[place + length : runs[closing]].replace("\n", " ")
        if code[:1] == code[-1:] == " " and code.strip(" "):
            code = code[1:-1]
        return _Found(f"<code>{escape(code)}</code>", runs[closing] + length)

    @cached_property
    def _partners(self) -> dict[int, int]:
        """Where each bracket and each parenthesis is closed."""
        partners: dict[int, int] = {}
        open_ones: dict[str, list[int]] = {"]": [], ")": []}
        for found in re.finditer(r"\\[\s\S]|[\[\]()]", self.text):
            sign = found[0]
            if sign in "[(":
                open_ones["]" if sign == "[" else ")"].append(found.start())
            elif open_ones.get(sign):
                partners[open_ones[sign].pop()] = found.start()
        return partners

    def _reference(self, place: int) -> _Found | None:
        """A link or an image; `[text]` alone is text."""
        image = self.text[place] == "!"
        begins = place + image
        closing = self._partners.get(begins) if self.text[begins : begins + 1] == "[" else None
        ends = (
            self._partners.get(closing + 1)
            if closing and self.text[closing + 1 : closing + 2] == "("
            else None
        )
        if closing is None or ends is None:
            return None
        inner = self.text[begins + 1 : closing]
        address, title = _destination(self.text[closing + 2 : ends])
        if not image:
            return _Found(f'<a href="{escape(address)}">{to_html(inner, self._depth + 1)}</a>', ends + 1)
        if _VIDEO.search(address):
            return _Found(f'<video src="{escape(address)}" alt="{escape(title)}"></video>', ends + 1)
        return _Found(f'<img src="{escape(address)}" alt="{escape(inner)}">', ends + 1)

    def _raw(self, place: int) -> _Found | None:
        for opening, closing in _ENCLOSED:
            if self.text.startswith(opening, place):
                end = self._find(closing, place + len(opening))
                return _Found(self.text[place : end + len(closing)], end + len(closing)) if end >= 0 else None
        if _DECLARATION.match(self.text, place):
            end = self._find(">", place)
            return _Found(self.text[place : end + 1], end + 1) if end >= 0 else None
        tag = _TAG.match(self.text, place)
        return _Found(tag[0], tag.end()) if tag else None

    def _find(self, sought: str, place: int) -> int:
        if self._in_vain.get(sought, len(self.text)) <= place:
            return -1
        found = self.text.find(sought, place)
        if found < 0:
            self._in_vain[sought] = place
        return found

    def _styled(self, place: int) -> _Found | None:
        for mark, opening, closing in _STYLES:
            if self.text.startswith(mark, place) and not (mark[0] == "_" and self._within_word(place, mark)):
                end = self._closing(mark, place + len(mark))
                if end is not None:
                    inner = to_html(self.text[place + len(mark) : end], self._depth + 1)
                    return _Found(f"{opening}{inner}{closing}", end + len(mark))
        return None

    def _within_word(self, place: int, mark: str) -> bool:
        around = self.text[place - 1 : place] if place else "", self.text[place + len(mark) :][:1]
        return all(re.match(r"\w", one, re.ASCII) for one in around)

    def _closing(self, mark: str, place: int) -> int | None:
        """Where a style ends that begins here; a mark beside a blank or its like closes nothing."""
        if self.text[place : place + 1] in ("", " ", "\t") or self._in_vain.get(mark, place + 1) <= place:
            return None
        for found in re.finditer(rf"\\[\s\S]|(?={re.escape(mark)})", self.text[place:]):
            end = place + found.start()
            if not found[0] and end > place and self._closes(mark, end):
                return end
        self._in_vain[mark] = min(place, self._in_vain.get(mark, place))
        return None

    def _closes(self, mark: str, place: int) -> bool:
        before, after = self.text[place - 1], self.text[place + len(mark) : place + len(mark) + 1]
        if before in " \t":
            return False
        doubled = before == mark and self.text[place - 2 : place - 1] != "\\"
        return len(mark) > 1 or not (doubled or after == mark)


def _destination(written: str) -> tuple[str, str]:
    """The address and the title within the parentheses of a link."""
    text = written.strip()
    if text.startswith("<"):
        address, _, rest = text[1:].partition(">")
    else:
        match = _DESTINATION.match(text)
        address = match[0] if match else ""
        rest = text[len(address) :]
    title = _TITLE.fullmatch(rest.strip())
    return address, next((one for one in title.groups() if one is not None), "") if title else ""
