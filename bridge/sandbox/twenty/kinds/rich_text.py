"""Rich text comes as Markdown or as blocks; what came is kept, and the other is derived from it."""

from typing import Any

from bridge.sandbox.twenty.kinds import blocks, markdown


def stored(value: dict[str, Any], name: str) -> dict[str, object]:
    """The columns that a write to a RICH_TEXT field sets: always both."""
    written, given = value.get("markdown") or "", value.get("blocknote") or ""
    parsed = blocks.parsed(given, name) if given else None
    if parsed is None:
        made = blocks.as_json(markdown.to_blocks(written)) if written else None
        return {"markdown": written or None, "blocknote": made}
    return {"markdown": written or blocks.to_markdown(parsed), "blocknote": blocks.as_json(parsed)}
