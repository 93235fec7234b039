"""Where settings of an operator are written, so that `git pull` never meets them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bridge.settings.config_files import local_of
from bridge.setup import files

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
ROOT = Path(__file__).parents[2]
CONFIG = Path("config.yaml")
NOTHING = "# agents: {names: [a]}\nagents:\nserver:\n"


@pytest.mark.parametrize(
    ("is_checkout", "config", "local", "name"),
    [
        (True, NOTHING, None, "config.local.yaml"),
        (True, "", None, "config.yaml"),
        (True, "server: {port: 1}\nagents:\n", None, "config.yaml"),
        (True, "server: [", None, "config.yaml"),
        (True, None, None, "config.yaml"),
        (False, NOTHING, None, "config.yaml"),
        (False, NOTHING, "", "config.local.yaml"),
        (True, "agents: {names: [a]}\n", "", "config.yaml"),
        (True, "agents: {names: [a]}\n", "agents: {names: [b]}\n", "config.local.yaml"),
    ],
)
def test_a_setting_is_written_where_it_is_the_operator_s(
    tmp_path: Path, *, is_checkout: bool, config: str | None, local: str | None, name: str
) -> None:
    if is_checkout:
        (tmp_path / ".git").mkdir()
    for path, text in ((tmp_path / CONFIG, config), (local_of(tmp_path / CONFIG), local)):
        if text is not None:
            path.write_text(text)
    assert files.own_file(tmp_path / CONFIG, "agents", "names").name == name


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@x.example", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@needs_git
def test_what_an_operator_sets_survives_a_pull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--rebase`, git refuses to pull beside any change of a file that it tracks."""
    upstream, mine = tmp_path / "upstream", tmp_path / "mine"
    upstream.mkdir()
    for name in ("config.yaml", ".gitignore", ".env.example"):
        (upstream / name).write_text((ROOT / name).read_text())
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "one"), ("clone", "-q", ".", str(mine))):
        git(upstream, *words)
    (upstream / "config.yaml").write_text(f"# New.\n{files.shipped('config.yaml')}")
    git(upstream, "commit", "-qam", "two")

    monkeypatch.chdir(mine)
    files.begin_env(Path(".env"))
    assert files.name_agents(CONFIG, ["jane@x.example"]) == Path("config.local.yaml")
    text = files.with_key(files.own_file(CONFIG, "auth", "keys"), "{name: desk}")
    assert text is not None
    files.write_own(Path("config.local.yaml"), text)
    assert git(mine, "status", "--porcelain") == ""
    git(mine, "pull", "-q", "--rebase")
    assert CONFIG.read_text().startswith("# New.")
    assert files.names_agents(CONFIG)
    assert "BRIDGE_LOCAL_CONFIG='./config.local.yaml'" in Path(".env").read_text()
