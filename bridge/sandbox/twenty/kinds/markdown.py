"""Markdown becomes blocks, as the original's editor reads it: with raw HTML, without entities."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bridge.sandbox.twenty.kinds.blocks import LOOKS, Block, Inline, block, joined, text

_PARSER = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .disable(["entity", "autolink", "code"])
)
# What is made of an address is decided below, where the text is kept.
_PARSER.validateLink = lambda url: True  # type: ignore[method-assign]

_STYLES = {
    **dict.fromkeys(("strong", "b"), "bold"),
    **dict.fromkeys(("em", "i"), "italic"),
    **dict.fromkeys(("s", "del", "strike"), "strike"),
    "u": "underline",
    "code": "code",
}
_BLOCKS = ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "tr")
_SCHEMES = ("", "http", "https", "ftp", "ftps", "mailto", "tel", "callto", "sms", "cid", "xmpp")
_TAG = re.compile(r"</?([A-Za-z][\w-]*+)[^>]*+>")
_HREF = re.compile(r"\bhref\s*+=\s*+[\"']?([^\"'\s>]*)", re.IGNORECASE)
_LESS = re.compile(r"\\<")
_CHECK = re.compile(r"\[([ xX])\] ")
_CELL = {"colspan": 1, "rowspan": 1, **LOOKS}
_HTML_TAG = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)


def to_blocks(markdown: str) -> list[Block]:
    """The blocks that the original makes of Markdown; of nothing but blanks an empty paragraph."""
    spaced = re.sub(r"(?<=\S)\r\n(?=[^\S\r\n]*\S)", " \n", markdown)
    tokens = _PARSER.parse(_LESS.sub(r"\\\\<", spaced))
    return list(_blocks(_Tokens(tokens))) or [block("paragraph", [])]


class _Tokens:
    """A list of tokens that is read from front to back."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def next(self) -> Token | None:
        token = self._tokens[self._place] if self._place < len(self._tokens) else None
        self._place += 1
        return token

    def until(self, kind: str, level: int) -> "_Tokens":
        """The tokens up to the one that closes; that one is read, too."""
        start = self._place
        while (token := self.next()) and not (token.type == kind and token.level == level):
            continue
        return _Tokens(self._tokens[start : self._place - 1])


def _blocks(tokens: _Tokens) -> Iterator[Block]:
    while token := tokens.next():
        if token.type.endswith("_open"):
            inner = tokens.until(token.type.removesuffix("_open") + "_close", token.level)
            yield from _container(token, inner)
        elif token.type in ("fence", "code_block"):
            language = token.info.split()[0] if token.info.strip() else "text"
            yield block("codeBlock", [text(token.content.rstrip("\n"))], props={"language": language})
        elif token.type == "hr":
            yield block("divider", props={})
        elif token.type == "html_block":
            yield from _html_blocks(token.content)
        elif token.type == "inline":
            yield from _paragraph(token)


def _container(token: Token, inner: _Tokens) -> Iterator[Block]:
    if token.type == "heading_open":
        level = int(token.tag[1:])
        yield block("heading", _content(inner.next()), props={**LOOKS, "level": level, "isToggleable": False})
    elif token.type in ("bullet_list_open", "ordered_list_open"):
        yield from _items(token, inner)
    elif token.type == "blockquote_open":
        looks = {key: LOOKS[key] for key in ("backgroundColor", "textColor")}
        for one in _blocks(inner):
            yield {**one, "type": "quote", "props": looks} if one["type"] == "paragraph" else one
    elif token.type == "table_open":
        yield _table(inner)
    else:
        yield from _blocks(inner)


def _items(token: Token, inner: _Tokens) -> Iterator[Block]:
    start = int(token.attrs.get("start", 1))
    first = True
    while item := inner.next():
        parts = list(_blocks(inner.until("list_item_close", item.level)))
        head, *rest = parts or [block("paragraph", [])]
        yield _item(token, head, rest, start=start if first else 1)
        first = False


def _item(token: Token, head: Block, rest: list[Block], *, start: int) -> Block:
    if head["type"] != "paragraph":
        head, rest = block("paragraph", []), [head, *rest]
    content = head["content"]
    check = _CHECK.match(content[0]["text"]) if content and content[0]["type"] == "text" else None
    if check:
        content = joined([{**content[0], "text": content[0]["text"][check.end() :]}, *content[1:]])
        return block("checkListItem", content, props={**LOOKS, "checked": check[1] != " "}, children=rest)
    if token.type == "bullet_list_open":
        return block("bulletListItem", content, children=rest)
    props = LOOKS if start == 1 else {**LOOKS, "start": start}
    return block("numberedListItem", content, props=props, children=rest)


def _table(inner: _Tokens) -> Block:
    rows: list[Block] = []
    while token := inner.next():
        if token.type == "tr_open":
            cells = inner.until("tr_close", token.level)
            rows.append({"cells": [_cell(_content(one)) for one in _inlines(cells)]})
    widths = [None] * max((len(row["cells"]) for row in rows), default=0)
    table = {"type": "tableContent", "columnWidths": widths, "headerRows": 1, "rows": rows}
    return block("table", table, props={"textColor": "default"})


def _inlines(tokens: _Tokens) -> Iterator[Token]:
    while token := tokens.next():
        if token.type == "inline":
            yield token


def _cell(content: list[Inline]) -> Block:
    return {"type": "tableCell", "content": content, "props": _CELL}


def _paragraph(token: Token) -> Iterator[Block]:
    images = [one for one in token.children or () if one.type == "image"]
    content = _content(token)
    if content or not images:
        yield block("paragraph", content)
    yield from (block("image", props=_picture(one)) for one in images)


def _picture(token: Token) -> Block:
    looks = {"textAlignment": "left", "backgroundColor": "default"}
    named = {"name": token.content, "url": str(token.attrs.get("src", "")), "caption": ""}
    return {**looks, **named, "showPreview": True}


def _content(token: Token | None) -> list[Inline]:
    return joined(_Inline().read(token.children or ())) if token else []


class _Inline:
    """Reads inline tokens: which styles hold, and whether they stand in a link."""

    def __init__(self) -> None:
        # How many times each is open: a text that opens one a thousand times has it once.
        self._styles: Counter[str] = Counter()
        self._hidden = ""

    def read(self, tokens: Sequence[Token]) -> Iterator[Inline]:
        """The content of tokens; what stands in a link becomes the link's own content."""
        outer: list[Inline] = []
        held: tuple[str, list[Inline]] | None = None
        for token in tokens:
            address = self._link(token)
            if address is not None and held is None:
                held = (address, [])
            elif held is not None and self._closes(token):
                outer += self._linked(*held)
                held = None
            else:
                (held[1] if held else outer).extend(self._parts(token))
        yield from outer
        if held:
            yield from held[1]

    def _link(self, token: Token) -> str | None:
        if token.type == "link_open":
            return str(token.attrs.get("href", ""))
        tag = _TAG.fullmatch(token.content) if token.type == "html_inline" else None
        if not tag or tag[1].lower() != "a" or token.content.startswith("</"):
            return None
        href = _HREF.search(token.content)
        return href[1] if href else ""

    def _closes(self, token: Token) -> bool:
        return token.type == "link_close" or token.content.lower().startswith("</a")

    def _linked(self, address: str, parts: list[Inline]) -> list[Inline]:
        if urlsplit(address.strip()).scheme.lower() not in _SCHEMES or not address:
            return parts
        return [{"type": "link", "href": address, "content": joined(parts)}]

    def _parts(self, token: Token) -> Iterator[Inline]:
        if token.type == "html_inline":
            yield from self._tag(token.content)
        elif token.type.endswith(("_open", "_close")) and token.tag in _STYLES:
            self._toggle(_STYLES[token.tag], opens=token.type.endswith("_open"))
        elif token.type in ("softbreak", "hardbreak"):
            yield from self._text("\n ")
        elif token.type == "code_inline":
            yield text(token.content, [*self._styles, "code"])
        elif token.type in ("text", "text_special"):
            yield from self._text(token.content)

    def _text(self, value: str) -> Iterator[Inline]:
        if not self._hidden:
            yield text(value, self._styles)

    def _tag(self, written: str) -> Iterator[Inline]:
        tag = _TAG.fullmatch(written)
        name = tag[1].lower() if tag else ""
        if name == "br":
            yield from self._text("\n")
        elif name in ("script", "style"):
            self._hidden = "" if written.startswith("</") else name
        elif name in _STYLES:
            self._toggle(_STYLES[name], opens=not written.startswith("</"))

    def _toggle(self, style: str, *, opens: bool) -> None:
        if opens:
            self._styles[style] += 1
        elif self._styles[style] > 1:
            self._styles[style] -= 1
        else:
            del self._styles[style]


class _Html(HTMLParser):
    """Paragraphs of raw HTML that stands for itself; a line break between them is one, too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.paragraphs: list[list[Inline]] = []
        self._styles: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS or tag in ("script", "style"):
            self.paragraphs.append([])
            self._open = tag in _BLOCKS
        elif tag == "br":
            self._add(text("\n"))
        elif tag in _STYLES:
            self._styles.append(_STYLES[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS or tag in ("script", "style"):
            self._open = False
        elif _STYLES.get(tag) in self._styles:
            self._styles.remove(_STYLES[tag])

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._add(text(data.strip("\n"), self._styles))

    def _add(self, part: Inline) -> None:
        if not self._open:
            self.paragraphs.append([])
            self._open = True
        self.paragraphs[-1].append(part)


def _html_blocks(written: str) -> Iterator[Block]:
    parser = _Html()
    parser.feed(_HTML_TAG.sub(lambda match: f"<{match[1]}></{match[1]}>", written))
    parser.close()
    yield from (block("paragraph", joined(one)) for one in parser.paragraphs)
