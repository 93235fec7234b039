"""Markdown becomes HTML, and HTML blocks, as in the original's editor: line by line, with raw HTML."""

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from bridge.sandbox.twenty.kinds import inline, page
from bridge.sandbox.twenty.kinds.blocks import Block

_DEPTH = 64
"""How deep quotes and lists may be nested; below that, text is kept as it is."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\r\u2028\u2029]*)")
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)", re.DOTALL)
_RULE = re.compile(r"\s{0,3}([-*_])\s*(?:\1\s*){2,}")
_DOUBLE = re.compile(r"=+\s*")
_UNDERLINE = re.compile(r"[=-]+\s*")
_QUOTE = re.compile(r"\s{0,3}>")
_QUOTED = re.compile(r"\s{0,3}>\s?")
_ITEM = re.compile(r"(\s*)([-*+]|[0-9]+[.)])(\s+)(\[[ xX]\] )?([^\r\u2028\u2029]*)")
_MARKED = re.compile(r"\s*(?:[-*+]|[0-9]+[.)])\s+")
_DIVIDES_CELLS = re.compile(r"\s*+(?:\|\s*+)?:?-++:?\s*+(?:\|\s*+:?-++:?\s*+)*+(?:\|\s*+)?")
_CELL = re.compile(r"(?:[^|\\]|\\\|?)*+")
_BEGINS_HEADING = re.compile(r"#{1,6}\s")
_BEGINS_FENCE = re.compile(r"`{3,}|~{3,}")
_RAW = re.compile(r" {0,3}<(?:!--|\?|![A-Za-z]|!\[CDATA\[)")
_RAW_TAG = re.compile(r" {0,3}</?([a-zA-Z][a-zA-Z0-9-]*)(?:\s|/?>|$)")
_RAW_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "audio",
        "base",
        "basefont",
        "blockquote",
        "body",
        "caption",
        "center",
        "col",
        "colgroup",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frame",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "iframe",
        "legend",
        "li",
        "link",
        "main",
        "menu",
        "menuitem",
        "nav",
        "noframes",
        "ol",
        "optgroup",
        "option",
        "p",
        "param",
        "section",
        "source",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "track",
        "ul",
    ]
)


def to_blocks(markdown: str) -> list[Block]:
    """The blocks that the original makes of Markdown; of nothing but blanks an empty paragraph."""
    return page.to_blocks(_html(markdown.split("\n"), 0))


class _Piece(NamedTuple):
    """What some lines were: a paragraph's own text, of all else the HTML."""

    kind: str
    text: str


def _html(lines: Sequence[str], depth: int) -> str:
    if depth >= _DEPTH:
        return f"<p>{escape(' '.join(lines))}</p>"
    return _Reader(lines, depth).html()


def _blank(line: str) -> bool:
    return not line.strip()


def _begins_raw(line: str) -> bool:
    tag = _RAW_TAG.match(line)
    return bool(_RAW.match(line) or (tag and tag[1].lower() in _RAW_TAGS))


def _row(line: str) -> bool:
    stripped = line.strip()
    return len(stripped) > len("||") and stripped[0] == stripped[-1] == "|"


def _interrupts(line: str) -> bool:
    """Whether a line that follows text is none itself."""
    begins = (_BEGINS_HEADING, _BEGINS_FENCE, _QUOTE, _MARKED)
    return any(one.match(line) for one in begins) or bool(_RULE.fullmatch(line)) or _row(line)


class _Reader:
    """Reads lines from front to back; each method takes those that are of its kind, or none."""

    def __init__(self, lines: Sequence[str], depth: int) -> None:
        self._lines = lines
        self._depth = depth
        self._place = 0
        self._after_blank = True
        self._pieces: list[_Piece] = []

    def html(self) -> str:
        kinds = (self._fence, self._heading, self._rule, self._underlined, self._table)
        while self._place < len(self._lines):
            if _blank(self._lines[self._place]):
                self._after_blank = True
                self._place += 1
                continue
            line = self._lines[self._place]
            if not any(kind(line) for kind in (*kinds, self._quote, self._item, self._raw)):
                self._paragraph(line)
            self._after_blank = False
        return "".join(
            f"<p>{inline.to_html(one.text)}</p>" if one.kind == "paragraph" else one.text
            for one in self._pieces
        )

    def _add(self, kind: str, text: str, *, lines: int) -> bool:
        self._pieces.append(_Piece(kind, text))
        self._place += lines
        return True

    def _fence(self, line: str) -> bool:
        fence = _FENCE.fullmatch(line)
        if fence is None:
            return False
        closing = re.compile(rf" {{0,3}}{fence[1][0]}{{{len(fence[1])},}}\s*")
        inner = self._until(self._place + 1, lambda one: bool(closing.fullmatch(one)))
        language, code = escape(fence[2].strip()), escape("\n".join(inner))
        html = f'<pre><code data-language="{language}">{code}</code></pre>'
        return self._add("code", html, lines=len(inner) + 2)

    def _until(self, start: int, ends: Callable[[str], bool]) -> list[str]:
        end = next((n for n in range(start, len(self._lines)) if ends(self._lines[n])), len(self._lines))
        return list(self._lines[start:end])

    def _heading(self, line: str) -> bool:
        heading = _HEADING.fullmatch(line)
        if heading is None:
            return False
        text = heading[2].rstrip()
        without = text.rstrip("#")
        if without and without != text and without[-1].isspace():
            text = without.rstrip()
        return self._titled(len(heading[1]), text, lines=1)

    def _titled(self, level: int, text: str, *, lines: int) -> bool:
        return self._add("heading", f"<h{level}>{inline.to_html(text)}</h{level}>", lines=lines)

    def _rule(self, line: str) -> bool:
        if not _RULE.fullmatch(line):
            return False
        above = self._pieces[-1] if self._pieces and not self._after_blank else None
        if above and above.kind == "paragraph" and not line.strip().strip("-"):
            self._pieces.pop()
            return self._titled(2, above.text, lines=1)
        return self._add("rule", "<hr>", lines=1)

    def _underlined(self, line: str) -> bool:
        following = self._lines[self._place + 1 : self._place + 2]
        if not following or not _DOUBLE.fullmatch(following[0]):
            return False
        return self._titled(1, line.strip(), lines=2)

    def _table(self, line: str) -> bool:
        below = self._lines[self._place + 1 : self._place + 2]
        if "|" not in line or not below or "|" not in below[0] or not _DIVIDES_CELLS.fullmatch(below[0]):
            return False
        rows = self._until(self._place + 2, lambda one: "|" not in one)
        html = _table(_cells(line), [_cells(row) for row in rows])
        return self._add("table", html, lines=len(rows) + 2)

    def _quote(self, line: str) -> bool:
        if not _QUOTE.match(line):
            return False
        quoted = self._until(self._place, lambda one: not _QUOTE.match(one))
        more = self._until(self._place + len(quoted), lambda one: _blank(one) or _interrupts(one))
        inner = [*(_QUOTED.sub("", one, count=1) for one in quoted), *more]
        html = f"<blockquote>{_html(inner, self._depth + 1)}</blockquote>"
        return self._add("quote", html, lines=len(inner))

    def _item(self, line: str) -> bool:
        item = _ITEM.fullmatch(line)
        if item is None:
            return False
        indent, marker, check = len(item[1]), item[2], item[4] or ""
        content = item.end() - len(item[5])
        inner = self._belonging(indent, content)
        kind = "ol" if not check and marker[0] not in "-*+" else "ul"
        begins = f' start="{marker[:-1]}"' if kind == "ol" and self._first(kind) else ""
        checked = f'<input type="checkbox"{" checked" * (check[1] != " ")}>' if check else ""
        below = _html(inner, self._depth + 1) if inner else ""
        html = f"<{kind}{begins}><li>{checked}<p>{inline.to_html(item[5].strip())}</p>{below}</li></{kind}>"
        return self._add(kind, html, lines=0)

    def _first(self, kind: str) -> bool:
        return not self._pieces or self._pieces[-1].kind != kind

    def _belonging(self, indent: int, content: int) -> list[str]:
        """The lines of an item beyond its first, without their indentation; reads on behind them."""
        self._place += 1
        inner: list[str] = []
        while (following := self._text_from(self._place)) is not None:
            line = self._lines[following]
            depth = len(line) - len(line.lstrip())
            if depth < content and not (depth > indent and _MARKED.match(line)):
                break
            inner += [""] * (following - self._place)
            inner.append(line[content if depth >= content else indent + 1 :])
            self._place = following + 1
        return inner

    def _text_from(self, place: int) -> int | None:
        """The next line that is not blank."""
        return next((n for n in range(place, len(self._lines)) if not _blank(self._lines[n])), None)

    def _raw(self, line: str) -> bool:
        if not _begins_raw(line):
            return False
        lines = self._until(self._place, _blank)
        return self._add("raw", "\n".join(lines), lines=len(lines))

    def _paragraph(self, line: str) -> None:
        end = self._place + 1
        while end < len(self._lines) and not self._ends_paragraph(end):
            end += 1
        lines = [re.sub("^ {1,3}", "", one) for one in self._lines[self._place : end]]
        self._add("paragraph", "\n".join(lines).rstrip(" \t"), lines=len(lines))

    def _ends_paragraph(self, place: int) -> bool:
        line = self._lines[place]
        below = self._lines[place + 1 : place + 2]
        underlined = bool(below and _UNDERLINE.fullmatch(below[0]))
        return underlined or _blank(line) or _interrupts(line) or _begins_raw(line)


def _cells(line: str) -> list[str]:
    text = line.strip().removeprefix("|").removesuffix("|")
    cells = []
    place = 0
    while place <= len(text):
        cell = _CELL.match(text, place)
        end = cell.end() if cell else place
        cells.append(text[place:end].replace("\\|", "|").strip())
        place = end + 1
    return cells


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A table as wide as its head; how its columns are aligned counts for nothing."""

    def row(tag: str, cells: list[str]) -> str:
        filled = [*cells, *[""] * len(head)][: len(head)]
        shown = (f"<{tag}>{inline.to_html(cell)}</{tag}>" for cell in filled)
        return f"<tr>{''.join(shown)}</tr>"

    headed = row("th", head) if any(head) else ""
    return f"<table>{headed}{''.join(row('td', one) for one in rows)}</table>"
