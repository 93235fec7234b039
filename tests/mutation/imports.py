"""Imports what does not depend on one file of the bridge, so that a child has only the rest to import."""

import ast
import contextlib
import io
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from tests.mutation.running import QUIET, module_of

REWRITTEN = (
    "pytest",
    "_pytest",
    "py",
    "hypothesis",
    "_hypothesis",
    "xdist",
    "execnet",
    "anyio",
    "schemathesis",
    "aiohttp.pytest",
)
"""Plugins of pytest, which it imports itself."""


def import_without(path: str, tests: Sequence[str]) -> None:
    """Imports what these files of tests import, but for what imports this file of the bridge."""
    without = module_of(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _imported_by(tests):
            if not name.startswith(("tests", "__main__", *REWRITTEN)) and not _depends(name, without):
                with contextlib.suppress(Exception):
                    import_module(name)


def _imported_by(tests: Sequence[str]) -> list[str]:
    """The names of the modules, as a child process imports them."""
    with tempfile.NamedTemporaryFile() as names:
        child = os.fork()
        if child == 0:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                pytest.main([*QUIET, "--collect-only", *tests])
                Path(names.name).write_text(json.dumps(list(sys.modules)))
            os._exit(0)
        os.waitpid(child, 0)
        return list(json.loads(Path(names.name).read_text() or "[]"))


def _depends(name: str, on: str) -> bool:
    return on in _closure(name)


@cache
def _closure(name: str) -> frozenset[str]:
    """A module of the bridge with all that it, and the folders that it is in, import, wherever they do."""
    found, left = set[str](), list(_with_folders(name))
    while left:
        module = left.pop()
        if module not in found:
            found.add(module)
            left += _imports(module)
    return frozenset(found)


@cache
def _imports(name: str) -> list[str]:
    file = _file(name)
    if file is None:
        return []
    tree = ast.parse(file.read_bytes())
    return sorted({part for named in _named(tree) for part in _with_folders(named) if _file(part)})


def _named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _with_folders(name: str) -> Iterator[str]:
    """`a.b.c` → `a`, `a.b`, `a.b.c`."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _file(name: str) -> Path | None:
    """Where a module of the bridge is; None for others."""
    if name.split(".", maxsplit=1)[0] != "bridge":
        return None
    place = Path(name.replace(".", "/"))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.exists()), None)
