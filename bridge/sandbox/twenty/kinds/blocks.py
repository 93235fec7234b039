"""The blocks of the original's editor: made of inline content, and turned back into Markdown."""

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from bridge.sandbox.twenty.errors import InvalidData

Block = dict[str, Any]
Inline = dict[str, Any]

LOOKS = {"backgroundColor": "default", "textColor": "default", "textAlignment": "left"}
_MARKS = {"bold": "**", "italic": "*", "strike": "~~", "code": "`"}
_DANGEROUS = ("javascript", "data", "vbscript")
_HALF = re.compile("[\ud800-\udfff]")
_LISTED = ("bulletListItem", "numberedListItem", "checkListItem")


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
    """Inline content in which neighbours of the same styles are one."""
    result: list[Inline] = []
    there = (part for part in parts if part["type"] != "text" or part["text"])
    for styles, alike in groupby(there, lambda part: part.get("styles")):
        if styles is None:
            result += alike
        else:
            result.append({"type": "text", "text": "".join(part["text"] for part in alike), "styles": styles})
    return result


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
    lines: list[str] = []
    before = ""
    for number, (depth, one) in enumerate(_flat(blocks)):
        kind = str(one.get("type"))
        if number:
            lines.append("" if kind in _LISTED and before in _LISTED else "\n")
        lines.append("    " * depth + _line(kind, one) + "\n")
        before = kind
    return _HALF.sub("\ufffd", "".join(lines)) or "\n"


def _flat(blocks: object, depth: int = 0) -> Iterator[tuple[int, Block]]:
    for one in blocks if isinstance(blocks, list) else ():
        if isinstance(one, dict):
            yield depth, one
            yield from _flat(one.get("children"), depth + 1)


def _line(kind: str, one: Block) -> str:
    props, content = one.get("props") or {}, _inline(one.get("content"))
    if kind == "codeBlock":
        return f"```{props.get('language', '')}\n{content}\n```"
    if kind == "image":
        return f"![{props.get('name', '')}]({props.get('url', '')})"
    begins = {
        "heading": "#" * int(props.get("level", 1)) + " ",
        "bulletListItem": "* ",
        "numberedListItem": f"{props.get('start', 1)}. ",
        "checkListItem": "* [x] " if props.get("checked") else "* [ ] ",
        "quote": "> ",
        "divider": "***",
    }
    return begins.get(kind, "") + content


def _inline(content: object) -> str:
    if isinstance(content, str):
        return content
    return (
        "".join(_marked(one) for one in content if isinstance(one, dict)) if isinstance(content, list) else ""
    )


def _marked(one: Inline) -> str:
    if one.get("type") == "link":
        return f"[{_inline(one.get('content'))}]({one.get('href', '')})"
    value = str(one.get("text", ""))
    for style, mark in _MARKS.items():
        if (one.get("styles") or {}).get(style):
            value = f"{mark}{value}{mark}"
    return value
