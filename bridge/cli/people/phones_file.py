"""The file of what stood in people's fields of phones before they were rewritten: a JSON object a line."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bridge.errors import CannotWrite, NotUnderstood
from bridge.settings.env_file import FOR_ITS_OWNER


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A person's field before, and as the bridge sent it."""

    id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def as_line(self) -> str:
        """Its line in the file."""
        return json.dumps({"id": self.id, "before": self.before, "after": self.after}) + "\n"


class PhonesFile:
    """The file, for its owner alone; it is there once something is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def keep(self, rewritten: Sequence[Rewritten]) -> None:
        """Appends the lines, and returns once the disk has them. Raises CannotWrite."""
        try:
            if self._descriptor is None:
                self._descriptor = _opened(self.path)
            remaining = "".join(one.as_line() for one in rewritten).encode()
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
            os.fsync(self._descriptor)
        except OSError as problem:
            raise CannotWrite(f"{self.path} cannot be written ({problem.strerror}).") from problem


def _opened(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, FOR_ITS_OWNER)
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        # A line that was cut off stays a line of its own.
        os.write(descriptor, b"\n")
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return descriptor


def read(path: Path) -> list[Rewritten]:
    """What the file has, in its order. Raises NotUnderstood."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as problem:
        raise NotUnderstood(f"{path} cannot be read ({problem.strerror}).") from problem
    found = [one for line in lines if (one := _rewritten(line))]
    if lines and not found:
        raise NotUnderstood(f"{path} is not a file of `people normalise`.")
    return found


def _rewritten(line: str) -> Rewritten | None:
    """None of a line that was cut off: what it was to say was not written to Twenty yet."""
    try:
        told = json.loads(line)
        return Rewritten(str(told["id"]), dict(told["before"]), dict(told["after"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
