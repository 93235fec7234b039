"""HTML becomes the blocks of the original's editor; of a tag that it does not know the text stays."""

import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urlsplit

from bridge.sandbox.twenty.kinds.blocks import LOOKS, Block, Inline, block, joined, text

_STYLES = {
    **dict.fromkeys(("strong", "b"), "bold"),
    **dict.fromkeys(("em", "i"), "italic"),
    "u": "underline",
    **dict.fromkeys(("s", "del", "strike"), "strike"),
    "code": "code",
}
_ORDER = tuple(dict.fromkeys(_STYLES.values()))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DIVISIONS = ("address", "article", "center", "div", "figure", "footer", "form", "header", "main", "section")
_PICTURES = {"img": "image", "video": "video"}
_SCHEMES = ("", "http", "https", "ftp", "ftps", "mailto", "tel", "callto", "sms", "cid", "xmpp")
_QUOTED = {key: LOOKS[key] for key in ("backgroundColor", "textColor")}
_BREAK = re.compile(r"[\r\n]")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_DIGITS = 15
_CELL = {"colspan": 1, "rowspan": 1, **LOOKS}


def to_blocks(html: str) -> list[Block]:
    """The blocks that a page is made of; an empty paragraph where there are none."""
    builder = _Builder()
    unclosed = html.find("<!--", html.rfind("-->") + 1)
    builder.feed(html if unclosed < 0 else html[:unclosed])
    builder.close()
    return builder.blocks() or [block("paragraph", [])]


def _blank(content: list[Inline]) -> bool:
    return all(one["type"] == "text" and not one["text"].strip(" \t\r\f") for one in content)


class _Content:
    """Inline content that is being read: which styles hold, and whether it stands in a link."""

    def __init__(self) -> None:
        self.tags: Counter[str] = Counter()
        """How many times each tag of a style is open."""
        self._parts: list[Inline] = []
        self._link: tuple[str, list[Inline]] | None = None

    def write(self, value: str) -> None:
        held = {_STYLES[tag] for tag, count in self.tags.items() if count > 0}
        part = text(value, ["code"] if "code" in held else sorted(held, key=_ORDER.index))
        (self._link[1] if self._link else self._parts).append(part)

    def end_line(self) -> None:
        """A line break belongs to what stands before it: to its style, and to its link."""
        parts = self._link[1] if self._link else self._parts
        if parts and parts[-1]["type"] == "link":
            parts = parts[-1]["content"]
        parts.append(text("\n", parts[-1]["styles"] if parts else ()))

    def opens(self, address: str | None) -> None:
        self.closes()
        if address and urlsplit(address.strip()).scheme.lower() in _SCHEMES:
            self._link = (address, [])

    def closes(self) -> None:
        if self._link and (inner := joined(self._link[1])):
            self._parts.append({"type": "link", "href": self._link[0], "content": inner})
        self._link = None

    def any(self) -> bool:
        return bool(self._parts or (self._link and self._link[1]))

    def take(self) -> list[Inline]:
        """What was read; a link that is still open goes on in what follows."""
        address = self._link[0] if self._link else None
        self.closes()
        parts, self._parts = joined(self._parts), []
        self.opens(address)
        return parts


class _Builder(HTMLParser):
    """Builds blocks from tags: what is open is closed as soon as another block begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._content = _Content()
        self._open: Block | None = None
        self._pictures: list[Block] = []
        self._levels: list[list[Block]] = [[]]
        self._lists: list[dict[str, str]] = []
        self._quotes = 0
        self._table: _Table | None = None
        self._last = ""
        self._hidden = False
        self._kept = False

    def blocks(self) -> list[Block]:
        """All that was built."""
        self._end()
        return self._levels[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._hidden = self._kept = True
        elif tag in _STYLES and not (tag == "code" and self._last == "pre"):
            self._content.tags[tag] += 1
        elif tag == "a":
            self._content.opens(given.get("href"))
        elif tag == "br":
            self._end_line()
        elif tag in _PICTURES:
            self._picture(_PICTURES[tag], given)
        elif self._table or self._quotes:
            self._begin_within(tag, given)
        else:
            self._begin(tag, given)
        self._last = tag

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        if tag in _HEADINGS:
            looks = {**LOOKS, "level": _HEADINGS[tag], "isToggleable": False}
            self._start(block("heading", [], props=looks))
        elif tag == "p":
            self._begin_paragraph()
        elif tag == "code":
            self._start(block("codeBlock", [], props={"language": given.get("data-language") or "text"}))
        elif tag == "hr":
            self._end()
            self._levels[-1].append(block("divider", props={}))
        elif tag in ("ul", "ol"):
            self._end()
            self._lists.append({"tag": tag, **given})
        elif tag == "li":
            self._begin_item()
        elif tag == "input" and self._open and self._open["type"].endswith("ListItem"):
            self._open |= {"type": "checkListItem", "props": {**LOOKS, "checked": "checked" in given}}
        elif tag == "blockquote":
            self._start(block("quote", [], props=_QUOTED))
            self._quotes = 1
        elif tag == "table":
            self._end()
            self._table = _Table()
        elif tag in _DIVISIONS:
            self._end()

    def _begin_paragraph(self) -> None:
        in_item = self._open and self._open["type"].endswith("ListItem") and not self._content.any()
        if not in_item:
            self._start(block("paragraph", []))

    def _begin_item(self) -> None:
        around = self._lists[-1] if self._lists else {"tag": "ul"}
        props: Block = LOOKS
        if around["tag"] == "ol" and (start := around.pop("start", "")).isdecimal() and start != "1":
            props = {**LOOKS, "start": int(start[:_DIGITS])}
        kind = "numberedListItem" if around["tag"] == "ol" else "bulletListItem"
        self._start(block(kind, [], props=props))
        self._levels.append(self._levels[-1][-1]["children"])

    def _begin_within(self, tag: str, given: dict[str, str]) -> None:
        """What begins within a table is a cell of it; within a quote it is a line of it."""
        if self._table:
            if tag in ("td", "th"):
                self._table.begins(tag)
                self._content.take()
            elif tag == "tr":
                self._table.rows.append([])
        elif tag == "blockquote":
            self._quotes += 1
        elif tag in ("p", "li", "code", *_HEADINGS) and self._content.any() and self._last != "li":
            self._end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = False
        elif tag in _STYLES:
            self._content.tags[tag] = max(0, self._content.tags[tag] - 1)
        elif tag == "a":
            self._content.closes()
        elif self._table:
            self._end_within_table(tag)
        elif self._quotes:
            self._quotes -= tag == "blockquote"
        elif tag in ("p", "li", "ul", "ol", "pre", *_HEADINGS, *_DIVISIONS):
            self._end()
        if not self._quotes and tag == "blockquote":
            self._end()
        self._leave(tag)

    def _leave(self, tag: str) -> None:
        if self._table or self._quotes:
            return
        if tag == "li" and len(self._levels) > 1:
            self._levels.pop()
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()

    def _end_within_table(self, tag: str) -> None:
        if self._table and tag in ("td", "th"):
            self._table.ends(self._content.take())
        elif self._table and tag == "table":
            self._levels[-1] += self._table.blocks()
            self._table = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        code = self._open is not None and self._open["type"] == "codeBlock"
        value = _BLANKS.sub(" ", data) if _BREAK.search(data) and not code else data
        if self._open is None and not (self._table and self._table.within):
            value = value.lstrip(" \t\r\n\f")
        if value:
            self._write(value)

    def _write(self, value: str) -> None:
        if self._takes_content():
            self._content.write(value)

    def _end_line(self) -> None:
        if self._takes_content():
            self._content.end_line()

    def _takes_content(self) -> bool:
        if self._table:
            return self._table.within
        if self._open is None:
            self._start(block("paragraph", []))
        return True

    def _start(self, new: Block) -> None:
        self._end()
        self._open = new
        self._levels[-1].append(new)

    def _end(self) -> None:
        """Close the block that is open. Pictures stand for a paragraph that holds nothing else."""
        content, pictures = self._content.take(), self._pictures
        ended, kept = self._open, self._kept
        self._open, self._pictures, self._kept = None, [], False
        if ended is None:
            self._levels[-1] += pictures
            return
        ended["content"] = content
        if ended["type"] == "paragraph" and _blank(content) and not kept:
            self._levels[-1][-1:] = pictures
        elif ended["type"].endswith("ListItem") and not content:
            ended["children"] += pictures

    def _picture(self, kind: str, given: dict[str, str]) -> None:
        looks = {"textAlignment": "left", "backgroundColor": "default"}
        named = {"name": given.get("alt", ""), "url": given.get("src", ""), "caption": ""}
        self._pictures.append(block(kind, props={**looks, **named, "showPreview": True}))


class _Table:
    """A table that is being read: its rows, and the cell that is open."""

    def __init__(self) -> None:
        self.rows: list[list[Block]] = []
        self.within = False
        self._heads: list[bool] = []

    def begins(self, tag: str) -> None:
        if not self.rows:
            self.rows.append([])
        self.within = True
        self._heads.append(tag == "th")

    def ends(self, content: list[Inline]) -> None:
        if self.within:
            self.rows[-1].append({"type": "tableCell", "content": content, "props": _CELL})
        self.within = False

    def blocks(self) -> list[Block]:
        rows = [row for row in self.rows if row]
        if not rows:
            return []
        width = max(map(len, rows))
        heads = {"headerRows": 1} if any(self._heads) else {}
        if all(self._heads):
            heads["headerCols"] = width
        table = {"type": "tableContent", "columnWidths": [None] * width, **heads}
        return [
            block(
                "table", {**table, "rows": [{"cells": row} for row in rows]}, props={"textColor": "default"}
            )
        ]
