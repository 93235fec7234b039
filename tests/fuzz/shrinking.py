"""Makes an input that fails smaller, as long as it fails in the same way."""

from collections.abc import Callable, Iterator
from traceback import extract_tb

LONGEST_SEARCH = 3000
"""Inputs that are tried."""

Failure = tuple[str, str, int | None]
"""The kind of the error, and the file and line that raised it."""


def failure_of(check: Callable[[bytes], None], data: bytes) -> Failure | None:
    """How an input fails; None where it does not."""
    try:
        check(data)
    except Exception as error:
        last = extract_tb(error.__traceback__)[-1]
        return type(error).__name__, last.filename, last.lineno
    return None


def shrunk(check: Callable[[bytes], None], data: bytes) -> bytes:
    """The smallest input that was found to fail as `data` does."""
    failure = failure_of(check, data)
    smallest, left = data, LONGEST_SEARCH
    goes_on = True
    while goes_on and left > 0:
        goes_on = False
        for smaller in _smaller(smallest):
            left -= 1
            if failure_of(check, smaller) == failure:
                smallest, goes_on = smaller, True
                break
            if left <= 0:
                break
    return smallest


def _smaller(data: bytes) -> Iterator[bytes]:
    """Without a part of it, the largest parts first; then with a plain letter in place of each byte."""
    size = len(data)
    while size:
        for at in range(0, len(data), size):
            yield data[:at] + data[at + size :]
        size //= 2
    for at, byte in enumerate(data):
        if byte != ord("0"):
            changed = data[:at] + b"0" + data[at + 1 :]
            if not _is_plain(byte):
                yield changed


def _is_plain(byte: int) -> bool:
    return ord("a") <= byte <= ord("z") or ord("0") <= byte <= ord("9")
