"""Writes secrets and SIDs into `.env`; what else stands there stays, comments included."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import set_key

from bridge.errors import CannotWrite

FOR_ITS_OWNER = 0o600


def remember(path: Path, values: Mapping[str, str]) -> None:
    """Sets the variables, each by replacing the whole file at once; only its owner may read it."""
    try:
        path.touch(mode=FOR_ITS_OWNER)
        path.chmod(FOR_ITS_OWNER)
        for variable, value in values.items():
            set_key(path, variable, value, quote_mode="auto", follow_symlinks=True)
    except OSError as problem:
        raise CannotWrite(f"{path} cannot be written ({problem.strerror}).") from problem


def check_writable(path: Path) -> None:
    """CannotWrite where `remember` would fail: before something is made that is shown only once."""
    folder = path.resolve().parent
    if path.is_dir() or not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise CannotWrite(f"{path} cannot be written.")
