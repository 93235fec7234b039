"""A folder with settings, where commands are typed."""

from pathlib import Path

import pytest

from tests.cli.support import SETTINGS


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("agents: {names: [alice, bob]}\n")
    Path(".env").write_text("".join(f"{name}='{value}'\n" for name, value in SETTINGS.items()))
    return tmp_path
