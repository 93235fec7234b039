"""The blocks of the original's editor: made of inline content, and turned back into Markdown."""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from bridge.sandbox.twenty.errors import InvalidData

Block = dict[str, Any]
Inline = dict[str, Any]

LOOKS = {"backgroundColor": "default", "textColor": "default", "textAlignment": "left"}
_MARKS = {"code": "`", "strike": "~~", "italic": "*", "bold": "**"}
"""From the innermost to the outermost."""
_DANGEROUS = ("javascript", "data", "vbscript")
_HALF = re.compile("[\ud800-\udfff]")
_BULLETED = {"bulletListItem", "checkListItem"}
_LISTED = {*_BULLETED, "numberedListItem"}
_ITEM = "item"
_NARROWEST = 10


def block(
    kind: str, content: object = None, *, props: Block | None = None, children: Iterable[Block] = ()
) -> Block:
    """A block; the order of its keys is that of the original."""
    made: Block = {"id": str(uuid.uuid4()), "type": kind, "props": LOOKS if props is None else props}
    if content is not None:
        made["content"] = content
    return {**made, "children": list(children)}


def text(value: str, styles: Iterable[str] = ()) -> Inline:
    return {"type": "text", "text": value, "styles": dict.fromkeys(styles, True)}


def joined(parts: Iterable[Inline]) -> list[Inline]:
    """Inline content in which neighbours of the same styles are one, and so are links to one address."""
    result: list[Inline] = []
    for part in parts:
        inner = "text" if part["type"] == "text" else "content"
        if not part[inner]:
            continue
        if result and _goes_on(result[-1], part):
            result[-1] = {**result[-1], inner: result[-1][inner] + part[inner]}
        else:
            result.append(part)
    return [{**one, "content": joined(one["content"])} if one["type"] == "link" else one for one in result]


def _goes_on(before: Inline, part: Inline) -> bool:
    return all(before.get(key) == part.get(key) for key in ("type", "styles", "href"))


def as_json(blocks: object) -> str:
    """As `JSON.stringify` spells it: half a surrogate pair stays an escape."""
    written = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))
    return _HALF.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def parsed(given: str, name: str) -> list[Block]:
    """The blocks that a client sent; raises InvalidData for other JSON, and for links to scripts."""
    try:
        blocks = json.loads(given)
    except ValueError:
        blocks = None
    if not isinstance(blocks, list):
        raise InvalidData(f'Invalid blocknote value for field "{name}"')
    if any(urlsplit(href.strip()).scheme.lower() in _DANGEROUS for href in _addresses(blocks)):
        raise InvalidData(f'Dangerous URL protocol in field "{name}"')
    return blocks


def _addresses(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (value[key] for key in ("href", "url") if isinstance(value.get(key), str))
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _addresses(one)


def to_markdown(blocks: list[Block]) -> str:
    """The Markdown that stands for blocks; text is not escaped."""
    written = "".join(_lines(blocks, "", ""))
    return _HALF.sub("\ufffd", written.strip(" \t\n")) + "\n"


def _lines(blocks: object, indent: str, before: str) -> Iterator[str]:
    """The lines of blocks on one level, and of those within them; `before` is the kind of the last one.

    Within an item only other items are indented.
    """
    number = 0
    for one in blocks if isinstance(blocks, list) else ():
        if not isinstance(one, dict):
            continue
        kind = str(one.get("type"))
        number = _number(one, number) if kind == "numberedListItem" else 0
        together = kind in _LISTED and (before in (kind, _ITEM) or {before, kind} <= _BULLETED)
        within = indent if kind in _LISTED else ""
        content = _line(kind, one, number).replace("\n", f"\n{within}")
        yield "\n" * bool(before and not together) + f"{within}{content}\n"
        before = kind
        yield from _lines(
            one.get("children"), within + _indent(kind, number), _ITEM if kind in _LISTED else kind
        )


def _indent(kind: str, number: int) -> str:
    if kind not in _LISTED:
        return ""
    return " " * len(f"{number}. " if number else "* ")


def _number(one: Block, before: int) -> int:
    start = (one.get("props") or {}).get("start")
    return before + 1 if before or not isinstance(start, int) else start or 1


def _line(kind: str, one: Block, number: int) -> str:
    props, content = one.get("props") or {}, _inline(one.get("content"))
    if kind == "codeBlock":
        return f"```{props.get('language') or 'text'}\n{content and content + chr(10)}```"
    if kind == "image":
        return f"![{props.get('name', '')}]({props.get('url', '')})"
    if kind == "table":
        return _rows(one.get("content"))
    begins = {
        "heading": "#" * int(props.get("level", 1)) + " ",
        "bulletListItem": "* ",
        "numberedListItem": f"{number}. ",
        "checkListItem": "* [x] " if props.get("checked") else "* [ ] ",
        "quote": "> ",
        "divider": "***",
    }
    broken = "\\\n> " if kind == "quote" else "\\\n"
    whole = content.strip("\n") if kind == "paragraph" else content
    return begins.get(kind, "") + whole.replace("\n", broken)


def _rows(table: object) -> str:
    """A table, its columns padded to one width; without a head the first line is empty."""
    given = table if isinstance(table, dict) else {}
    rows = [[_cell(cell) for cell in row.get("cells", ())] for row in given.get("rows", ())]
    if not given.get("headerRows"):
        rows.insert(0, [""] * max(map(len, rows), default=0))
    widths = [max(_NARROWEST, *map(len, column)) for column in zip(*rows, strict=False)]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=False)] for row in rows]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: object) -> str:
    return _inline(cell.get("content") if isinstance(cell, dict) else cell).replace("|", "\\|")


def _inline(content: object) -> str:
    if isinstance(content, str):
        return content
    return (
        "".join(_marked(one) for one in content if isinstance(one, dict)) if isinstance(content, list) else ""
    )


def _marked(one: Inline) -> str:
    return _linked(one) if one.get("type") == "link" else _with_marks(one)


def _linked(link: Inline) -> str:
    """A link, made anew for each of its styles, which stand around it."""
    href, parts = link.get("href", ""), link.get("content")
    given = parts if isinstance(parts, list) else [{"text": parts or ""}]
    return "".join(_with_marks(one, f"[{{}}]({href})") for one in given if isinstance(one, dict))


def _with_marks(one: Inline, around: str = "") -> str:
    """A text with the marks of its styles, line by line; `around` is what stands around each line."""
    styles = [style for style in _MARKS if (one.get("styles") or {}).get(style)]
    return "\n".join(_line_with(styles, line, around) for line in str(one.get("text", "")).split("\n"))


def _line_with(styles: Sequence[str], line: str, around: str) -> str:
    """Blanks at its end stand behind the marks of bold and italic text."""
    bare = line if {"code", "strike"}.intersection(styles) or not styles else line.rstrip(" ")
    value = around.replace("{}", bare) if around and bare else bare
    for style in styles if value else ():
        mark = _code_mark(bare) if style == "code" else _MARKS[style]
        value = f"{mark}{value}{mark}"
    return value + line[len(bare) :]


def _code_mark(code: str) -> str:
    """A run of backticks that is longer than any in the code."""
    return "`" * (1 + max(len(list(run)) if mark == "`" else 0 for mark, run in groupby(code or " ")))
