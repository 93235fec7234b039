"""Whether lines of a log are coloured."""

import os
from typing import TextIO


def in_colour(stream: TextIO) -> bool:
    """At a terminal, unless NO_COLOR (https://no-color.org) is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
