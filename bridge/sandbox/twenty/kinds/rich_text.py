"""Rich text comes as Markdown or as blocks, and each is derived from the other.

The original converts inline styles too; here a line is a paragraph or a list item of plain text.
"""

import json
import uuid
from typing import Any

_PROPS = {"backgroundColor": "default", "textColor": "default", "textAlignment": "left"}


def _block(line: str) -> dict[str, Any]:
    bullet = line.startswith("- ")
    return {
        "id": str(uuid.uuid4()),
        "type": "bulletListItem" if bullet else "paragraph",
        "props": _PROPS,
        "content": [{"type": "text", "text": line.removeprefix("- "), "styles": {}}],
        "children": [],
    }


def to_blocks(markdown: str) -> str:
    """The blocks that the editor of the original shows."""
    lines = [line for line in markdown.splitlines() if line.strip()]
    return json.dumps([_block(line) for line in lines], ensure_ascii=False, separators=(",", ":"))


def to_markdown(blocks: str) -> str:
    """The text of the blocks, a line each; what are no blocks gives nothing."""
    try:
        parsed = json.loads(blocks)
        lines = ["".join(part.get("text", "") for part in block["content"]) for block in parsed]
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""
    return "".join(f"{line}\n" for line in lines)


def stored(value: dict[str, Any], _: str) -> dict[str, object]:
    """The columns that a write to a RICH_TEXT field sets: always both."""
    markdown, blocks = value.get("markdown") or "", value.get("blocknote") or ""
    return {
        "markdown": markdown or (to_markdown(blocks) if blocks else "") or None,
        "blocknote": blocks or (to_blocks(markdown) if markdown else "") or None,
    }
