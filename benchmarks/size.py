"""A clean environment: the bridge's wheel and the locked versions of what it needs, as an operator has it."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PIP = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check")
UV = (sys.executable, "-m", "uv", "--quiet")
MEGABYTE = 2**20


@asynccontextmanager
async def clean_environment() -> AsyncIterator[Path]:
    """Its Python; the packages' bytecode is there."""
    with TemporaryDirectory() as place:
        folder, python = Path(place), Path(place) / "venv" / "bin" / "python"
        wheel = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
        await _run(*PIP, *wheel)
        await _run(*UV, "venv", "--python", sys.executable, str(folder / "venv"))
        install = (*UV, "pip", "install", "--python", str(python), "--compile-bytecode")
        await _run(*install, "--require-hashes", "-r", str(ROOT / "requirements.lock"))
        await _run(*install, "--no-deps", *map(str, folder.glob("*.whl")))
        yield python


def installed_mb(python: Path) -> dict[str, float]:
    """Package → megabytes of an environment, bytecode included; the Python itself is not counted."""
    (packages,) = python.parent.parent.glob("lib/python*/site-packages")
    return sizes(packages)


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    if await process.wait():
        raise RuntimeError(f"{' '.join(words)} failed")


def sizes(packages: Path) -> dict[str, float]:
    """Folder or file in `packages` → megabytes."""
    sizes: Counter[str] = Counter()
    for file in packages.rglob("*"):
        if file.is_file():
            sizes[file.relative_to(packages).parts[0]] += file.stat().st_size
    return {name: size / MEGABYTE for name, size in sizes.items()}
