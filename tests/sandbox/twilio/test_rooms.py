"""The sandbox imports nothing of the bridge: it must be able to disagree with it."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import bridge.sandbox.twilio

ROOM = Path(bridge.sandbox.twilio.__file__).parent
ROOT = ROOM.parents[2]
MEDIA = {"aiortc", "aioice", "av", "pylibsrtp"}
PURE = ["calls", "conferences", "twiml"]
IMPURE = {"aiohttp", "asyncio", "os", "socket", "time"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""


def test_nothing_of_the_bridge() -> None:
    modules = sorted(ROOM.rglob("*.py"))
    assert modules
    for path in modules:
        ours = [name for name in imports(path) if name.split(".")[0] == "bridge"]
        assert all(name.startswith("bridge.sandbox.") for name in ours), path


def test_only_the_mixer_needs_a_library_of_the_demo() -> None:
    """Installing the bridge without extras brings no aiortc, and nothing but the mixer asks for it."""
    asking = {p.name for p in ROOM.parents[1].rglob("*.py") if {n.split(".")[0] for n in imports(p)} & MEDIA}
    assert asking == {"mixer.py"}
    locked = (ROOT / "requirements.lock").read_text()
    assert not [name for name in MEDIA if f"\n{name}==" in locked]
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not [one for one in needed["dependencies"] if one.startswith(tuple(MEDIA))]
    assert [name for name, of in needed["optional-dependencies"].items() if "aiortc" in str(of)] == ["demo"]


def test_a_call_does_no_input_or_output() -> None:
    for path in [path for room in PURE for path in (ROOM / room).rglob("*.py")]:
        assert not {name.split(".")[0] for name in imports(path)} & IMPURE, path
