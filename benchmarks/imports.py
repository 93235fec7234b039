"""`python -m benchmarks.imports WORDS`: `twenty-bridge WORDS`, and at its end what its imports took.

Prints `{"<package>": {"ms", "mb"}}`: time and memory of a package's own modules, without those that they
import, so that the figures add up.
"""

import json
import runpy
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from operator import attrgetter
from typing import Any

from benchmarks.memory import resident_mb

STEPS = (
    (SourceFileLoader, "exec_module", "__name__"),
    (ExtensionFileLoader, "create_module", "name"),
    (ExtensionFileLoader, "exec_module", "__name__"),
)
"""What a loader does for a module, and where the argument has the module's name."""

took: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
_inner: list[list[float]] = [[0.0, 0.0]]


def counted(load: Callable[..., Any], name_of: Callable[[Any], str]) -> Callable[..., Any]:
    """`load`, with what it takes put down to the package of its module."""

    def loading(loader: object, module: Any) -> Any:
        began, before = time.perf_counter(), resident_mb()
        _inner.append([0.0, 0.0])
        try:
            return load(loader, module)
        finally:
            used = [time.perf_counter() - began, resident_mb() - before]
            within, package = _inner.pop(), took[name_of(module).partition(".")[0]]
            for place in (0, 1):
                package[place] += used[place] - within[place]
                _inner[-1][place] += used[place]

    return loading


def main() -> None:
    """Runs the command."""
    for loader, step, name in STEPS:
        setattr(loader, step, counted(getattr(loader, step), attrgetter(name)))
    sys.argv[0] = "twenty-bridge"
    with suppress(SystemExit):
        runpy.run_module("bridge", run_name="__main__")
    json.dump(
        {name: {"ms": round(s * 1000, 1), "mb": round(mb, 1)} for name, (s, mb) in took.items()}, sys.stdout
    )


if __name__ == "__main__":
    main()
