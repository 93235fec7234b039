"""A wheel is the same twice and has nothing of a user's; a release is made of one commit."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
ROOT = Path(__file__).parents[1]
RELEASE = ROOT / ".ci" / "release"
USER_S = (".env", "config.local.yaml", "bridge.db", "data/bridge.db", "bridge/.env", "bridge/setup/calls.db")
STORES = """\
import sys
from pathlib import Path
Path(__file__).with_name("stored").mkdir(exist_ok=True)
Path(__file__).with_name("stored").joinpath(f"{sys.argv[1]}.sql").write_text("BEGIN TRANSACTION;")
"""
"""As `tests/inbox/past`, which takes a minute."""
LOCKED = """\
# made by make lock
aiohttp==3.14.5 \\
    --hash=sha256:00
uvloop==0.21 ; sys_platform != 'win32' \\
    --hash=sha256:00
"""
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "config.yaml", ".env.example", ".gitignore")


def run(*words: str | Path, folder: Path, more: Mapping[str, str] | None = None) -> str:
    """What it prints; raises where it fails."""
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wheel(tree: Path, to: Path) -> Path:
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to))
    run(*build, folder=tree, more={"SOURCE_DATE_EPOCH": "1700000000"})
    (built,) = to.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return wheel(ROOT, tmp_path_factory.mktemp("built"))


def test_it_is_the_same_from_another_checkout_and_has_nothing_of_a_user_s(
    built: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in NEEDED:
        shutil.copyfile(ROOT / name, tree / name)
    for folder in ("bridge", "tests/conformance"):
        shutil.copytree(
            ROOT / folder,
            tree / folder,
            copy_function=shutil.copyfile,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    (tree / "config.yaml").write_text("agents: {names: [theirs@x.example]}\n")
    for name in USER_S:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("TWILIO_AUTH_TOKEN=theirs\n")
    assert wheel(tree, tmp_path / "dist").read_bytes() == built.read_bytes()


def test_it_runs_outside_of_a_checkout(built: Path, tmp_path: Path) -> None:
    prints = "import bridge; from bridge.setup.files import shipped; print(bridge.__file__)"
    checks = "assert 'agents:' in shipped('config.yaml') and 'TWILIO_APP_SID' in shipped('.env.example')"
    # Python imports from the wheel itself.
    more = {"PYTHONPATH": str(built)}
    assert run(sys.executable, "-c", f"{prints}; {checks}", folder=tmp_path, more=more).startswith(str(built))
    with ZipFile(built) as packed:
        assert any(name.startswith("bridge/sandbox/scenarios/") for name in packed.namelist())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small one, with what a release reads."""
    for number, name in enumerate(("GIT_AUTHOR", "GIT_COMMITTER")):
        monkeypatch.setenv(f"{name}_NAME", "Ada")
        monkeypatch.setenv(f"{name}_EMAIL", f"ada{number}@x.example")
    tree = tmp_path / "tree"
    files = {
        "bridge/__init__.py": "",
        "bridge/web/phone/static/vendor/vendor.json": '{"packages": {"@preact/signals": {"version": "2.1"}}}',
        "tests/conformance/a.json": "{}",
        "requirements.lock": LOCKED,
        "tests/inbox/past/__main__.py": STORES,
        "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n- One.\n",
        **{name: (ROOT / name).read_text() for name in NEEDED},
    }
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        run("git", "-c", "commit.gpgsign=false", *words, folder=tree)
    return tree


@needs_git
def test_a_release_is_made_of_one_commit(repository: Path) -> None:
    run(sys.executable, RELEASE, "dist", "0.9.1", folder=repository)
    assert run("git", "tag", folder=repository) == "v0.9.1\n"
    of_the_tag = run("git", "ls-tree", "-r", "--name-only", "v0.9.1", folder=repository).splitlines()
    assert "tests/inbox/past/stored/v0.9.1.sql" in of_the_tag
    assert "## [Unreleased]\n\n## [0.9.1] - " in (repository / "CHANGELOG.md").read_text()
    dist = repository / "dist"
    made = {path.name: path.read_bytes() for path in dist.iterdir()}
    assert made.keys() == {
        *("SHA256SUMS", "bom.cdx.json"),
        *("twenty_twilio_bridge-0.9.1-py3-none-any.whl", "twenty_twilio_bridge-0.9.1.tar.gz"),
    }
    listed = dict(line.split("  ")[::-1] for line in made.pop("SHA256SUMS").decode().splitlines())
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    bill = json.loads(made["bom.cdx.json"])
    assert [one["purl"] for one in bill["components"]] == [
        *("pkg:npm/%40preact/signals@2.1", "pkg:pypi/aiohttp@3.14.5", "pkg:pypi/uvloop@0.21")
    ]
    assert bill["metadata"]["component"]["version"] == "0.9.1"

    # Once more, from a checkout in which its user has edited and added files.
    (repository / "config.yaml").write_text("server: {port: 1}\n")
    (repository / "bridge" / "notes.txt").write_text("theirs")
    run(sys.executable, RELEASE, "dist", folder=repository)
    again = {path.name: path.read_bytes() for path in dist.iterdir() if path.name != "SHA256SUMS"}
    assert again == made
    with tarfile.open(dist / "twenty_twilio_bridge-0.9.1.tar.gz") as sdist:
        assert not [name for name in sdist.getnames() if name.endswith("notes.txt")]


@needs_git
@pytest.mark.parametrize(
    ("words", "edited", "said"),
    [
        (("dist",), "", "CHANGELOG.md has no section 0.1.0: make release VERSION=0.1.0"),
        (("dist", "next"), "", "next is not a version"),
        (("dist", "0.2.0"), "x", "Commit or undo these first:\n M README.md"),
    ],
)
def test_what_cannot_be_released_is_said(
    repository: Path, words: tuple[str, ...], edited: str, said: str
) -> None:
    if edited:
        (repository / "README.md").write_text(edited)
    project = repository / "pyproject.toml"
    done = subprocess.run(
        [sys.executable, RELEASE, *words], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said.replace("0.1.0", _version(project)) in done.stderr
    assert not (repository / "dist").exists()


@needs_git
def test_no_version_is_tagged_that_leaves_no_inbox(repository: Path) -> None:
    (repository / "tests/inbox/past/__main__.py").write_text("raise SystemExit(1)")
    run("git", "commit", "-qam", "two", folder=repository)
    done = subprocess.run(
        [sys.executable, RELEASE, "dist", "0.9.2"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "python -m tests.inbox.past v0.9.2 stored no inbox" in done.stderr
    assert run("git", "tag", folder=repository) == ""
    assert run("git", "status", "--porcelain", folder=repository) == ""


def _version(project: Path) -> str:
    (line,) = (line for line in project.read_text().splitlines() if line.startswith("version = "))
    return line.split('"')[1]
