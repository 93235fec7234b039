"""Text of somebody's in a note's Markdown, where it shall stand as they wrote it.

https://spec.commonmark.org/0.31.2/#backslash-escapes
"""

import re

# What begins a link, an image, HTML or code. An underscore only changes how text looks.
ACTIVE = re.compile(r"[\\`*\[\]<>]")
BREAK = re.compile(r"(?<=\S)\n(?=\S)")
BLOCK = re.compile(r"^([^\S\n]*)(\d*)([-+#.)])(?=[\s#])", re.MULTILINE)


def plain(text: str) -> str:
    """A text from a call or a record, which may hold what somebody would like to be more.

    Each of its lines is a line, and an empty one parts paragraphs.
    """
    escaped = ACTIVE.sub(r"\\\g<0>", text)
    unlisted = BLOCK.sub(r"\g<1>\g<2>\\\g<3>", escaped)
    return BREAK.sub("  \n", "\n".join(line.strip() for line in unlisted.splitlines()))


def quoted(text: str) -> str:
    """The text as a quotation."""
    return "\n".join(f"> {line}" for line in plain(text).splitlines())
