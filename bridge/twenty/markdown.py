"""Text as Markdown that shows as just this text."""

import re

# What begins a link, an image, HTML or code. A dash or an underscore only changes how text looks.
# https://spec.commonmark.org/0.31.2/#backslash-escapes
ACTIVE = re.compile(r"[\\`*\[\]<>]")


def plain(text: str) -> str:
    """A text from a call or a record, which may hold what somebody would like to be a link."""
    return ACTIVE.sub(r"\\\g<0>", text)
