"""What docs/security.md says of the container stands in the files that make it."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bridge.cli import COMMANDS, SANDBOX

ROOT = Path(__file__).parents[1]


def test_nothing_can_be_written_but_one_volume() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    bridge = compose["services"]["bridge"]
    assert bridge["read_only"] is True
    assert bridge["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in bridge["security_opt"]
    writable = [volume for volume in bridge["volumes"] if not volume.endswith(":ro")]
    assert writable == ["data:/srv/data"]
    assert not {"privileged", "cap_add", "tmpfs", "user"} & bridge.keys()


def test_it_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    last = "\n".join(lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")) :])
    assert "useradd --system --uid 10001" in last
    assert "\nUSER bridge\n" in last
    assert last.index("USER bridge") < last.index("ENTRYPOINT")


LEFT_OUT = {name.removeprefix("bridge.") for name in SANDBOX}
PLAYED = {"demo", "conformance", "sandbox"}
"""The commands that need what the image leaves out."""


def python(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Of a folder that has the package: a process with a path of its own is not forked (tests/forking.py)."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as the image has it."""
    folder = tmp_path_factory.mktemp("image")
    ignored = shutil.ignore_patterns("__pycache__", *LEFT_OUT)

    def left_out(at: str, names: list[str]) -> set[str]:
        inside = Path(at) == ROOT / "bridge"
        return ignored(at, names) if inside else {"__pycache__"}

    shutil.copytree(ROOT / "bridge", folder / "bridge", ignore=left_out)
    return folder


def test_the_image_leaves_out_what_commands_say_is_missing() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    removed = re.search(r"^RUN cd \S+/site-packages/bridge && rm -r (.+)$", text, re.MULTILINE)
    assert removed
    assert set(removed[1].split()) == LEFT_OUT


@pytest.mark.parametrize("words", [("demo",), ("sandbox",), ("sandbox", "twenty"), ("conformance", "--help")])
def test_a_command_without_the_sandbox_says_so_in_a_sentence(image: Path, words: tuple[str, ...]) -> None:
    done = python("-m", "bridge", *words, folder=image)
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"twenty-bridge {words[0]} needs the sandbox, which this image leaves out")


def test_every_other_command_is_imported_without_the_sandbox(image: Path) -> None:
    others = sorted(COMMANDS.keys() - PLAYED)
    imports = "; ".join(f"import bridge.cli.{name}" for name in others)
    done = python("-c", f"{imports}; print(bridge.__file__)", folder=image)
    assert done.stdout.strip() == str(image / "bridge" / "__init__.py"), done.stderr


def test_serve_imports_neither_sandbox_nor_demo() -> None:
    done = python("-c", "import sys, bridge.cli.serve; print(sorted(sys.modules))", folder=ROOT)
    loaded = ast.literal_eval(done.stdout)
    assert "bridge.wiring.serve" in loaded
    assert [name for name in loaded if name.startswith(SANDBOX)] == []
