"""The bridge as it was at a commit: its tree and an environment of its time, as processes to run."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.demo.process import BridgeProcess

ROOT = Path(__file__).parents[3]
VERSIONS = "bridge/inbox/migrations/versions/"
UV = str(Path(sys.executable).with_name("uv"))


@dataclass(frozen=True, slots=True)
class Code:
    """A commit's tree, and the Python that has what the commit's lock file asks for."""

    tree: Path
    python: Path

    def process(self, env: Mapping[str, str], folder: Path, log: Path | None = None) -> BridgeProcess:
        """`serve`, not yet started."""
        words = {"PAST_PYTHON": str(self.python), "PYTHONPATH": str(self.tree)}
        return PastProcess(dict(env) | words, folder, log)

    async def run(self, *words: str, env: Mapping[str, str], folder: Path) -> str:
        """What a command printed; raises RuntimeError where it fails."""
        process = await asyncio.create_subprocess_exec(
            *(str(self.python), "-m", "bridge", *words),
            env=dict(env) | {"PYTHONPATH": str(self.tree)},
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
        if process.returncode:
            raise RuntimeError(error.decode())
        return out.decode()


class PastProcess(BridgeProcess):
    """A process of another Python than this one's."""

    async def _begin(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(self.env["PAST_PYTHON"], "-m", "bridge", "serve"),
            env={"BRIDGE_METRICS_PORT": "0", **self.env},
            cwd=self.folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )


def git(*words: str) -> str:
    """What git prints, without the last line's end."""
    return subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def code_of(commit: str, folder: Path) -> Code:
    """Checks a commit out below a folder and installs its `requirements.lock`; once for each commit.

    Raises CalledProcessError where git does not know the commit or the index lacks a package.
    """
    place = folder / git("rev-parse", "--short=12", commit)
    tree, python = place / "tree", place / "environment" / "bin" / "python"
    if not (place / "ready").exists():
        tree.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)
        subprocess.run(
            [UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(python.parents[1])], check=True
        )
        install = [UV, "pip", "install", "--quiet", "--python", str(python), "--require-hashes"]
        subprocess.run([*install, "-r", str(tree / "requirements.lock")], check=True)
        (place / "ready").touch()
    return Code(tree, python)


def last_commits() -> dict[str, str]:
    """Revision of the database → the last commit at which it was the newest, but for the present one."""
    found: dict[str, str] = {}
    for commit in git("rev-list", "--reverse", "HEAD", "--", VERSIONS).splitlines():
        if revision := newest(f"{commit}^"):
            found[revision] = git("rev-parse", f"{commit}^")
    return found | {newest("HEAD"): git("rev-parse", "HEAD")}


def newest(commit: str) -> str:
    """The number of the last migration at a commit; nothing where there is none, or two have that number."""
    files = git("ls-tree", "--name-only", commit, VERSIONS).splitlines() if _exists(commit) else []
    numbers = [number for file in files if (number := Path(file).name[:4]).isdigit()]
    last = max(numbers, default="")
    return last if numbers.count(last) == 1 else ""


def _exists(commit: str) -> bool:
    return not subprocess.run(
        ["git", "rev-parse", "-q", "--verify", commit], cwd=ROOT, capture_output=True, check=False
    ).returncode
