"""Colours are for terminals, and for who wants them."""

import os
from pathlib import Path

import pytest

from bridge.observability.colour import in_colour


def test_a_log_is_coloured_at_a_terminal_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    master, slave = os.openpty()
    with os.fdopen(master), os.fdopen(slave, "w") as terminal, (tmp_path / "log").open("w") as file:
        assert (in_colour(terminal), in_colour(file)) == (True, False)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not in_colour(terminal)
