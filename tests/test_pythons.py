"""Which Pythons CI tries, of those that are at hand, and what it does with each."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PYTHONS = Path(__file__).parents[1] / ".ci" / "pythons"
OWN = "{}.{}".format(*sys.version_info)
TOOLS = ("mkdir", "cp", "basename", "dirname")
ALL = ["3.11", "3.12", "3.13", "3.14"]

FAKE = """#!/bin/sh
case "$1 $2" in
    "-c "*) echo VERSION ;;
    "-m venv") mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
    "-X dev") echo "VERSION tries $7 to $9"; exit STATUS ;;
    pip*) echo "uv installs for $(basename $(dirname $(dirname $5)))" ;;
esac
"""


def fake(path: Path, version: str, *, status: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE.replace("VERSION", version).replace("STATUS", str(status)))
    path.chmod(0o755)


def run(folder: Path) -> tuple[int, list[str]]:
    """Exit status and output, with what is in the folder alone."""
    fake(folder / "uv", "")
    (folder / "bin").mkdir(exist_ok=True)
    for name in TOOLS:
        tool = folder / "bin" / name
        tool.unlink(missing_ok=True)
        tool.symlink_to(shutil.which(name) or name)
    env = {"PATH": str(folder / "bin"), "HOME": str(folder)}
    command = [sys.executable, str(PYTHONS), str(folder / "uv"), str(folder / "environments")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines()


def steps(version: str) -> list[str]:
    return [f"Python {version}:", *[f"uv installs for {version}"] * 2, f"{version} tries -n to --dist"]


@pytest.fixture
def others() -> list[str]:
    return [version for version in ALL if version != OWN]


def test_the_oldest_and_the_newest_are_tried(tmp_path: Path, others: list[str]) -> None:
    for version in others[:-1]:
        fake(tmp_path / "bin" / f"python{version}", version)
    fake(tmp_path / f".pyenv/versions/{others[-1]}.1/bin/python{others[-1]}", others[-1])
    ends = [version for version in (ALL[0], ALL[-1]) if version != OWN]
    assert run(tmp_path) == (0, [line for version in ends for line in steps(version)])


def test_what_is_not_here_is_said_in_one_line(tmp_path: Path, others: list[str]) -> None:
    """And a name that is here and does not run, as pyenv has some, is not."""
    fake(tmp_path / "bin" / f"python{others[0]}", "pyenv: command not found")
    status, said = run(tmp_path)
    assert status == 0
    assert said == [f"Not found, and so not tried: Python {', '.join(others)}"]


def test_a_python_on_which_tests_fail_fails_the_run(tmp_path: Path, others: list[str]) -> None:
    fake(tmp_path / "bin" / f"python{others[-1]}", others[-1], status=1)
    assert run(tmp_path)[0] == 1


def test_an_environment_is_made_once(tmp_path: Path, others: list[str]) -> None:
    fake(tmp_path / "bin" / f"python{others[-1]}", others[-1])
    assert run(tmp_path)[1][1:] == steps(others[-1])
    assert run(tmp_path)[1][1:] == [steps(others[-1])[0], steps(others[-1])[-1]]
