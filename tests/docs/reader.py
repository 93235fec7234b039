"""Does what a page says, word by word."""

import json
import os
import re
from pathlib import Path

import yaml

from tests.docs import pages
from tests.docs.pages import Block
from tests.docs.terminal import Terminal
from tests.support import unused_port

ROOT = Path(__file__).parents[2]
USUAL = {
    "SANDBOX_TWENTY_PORT": "3000",
    "SANDBOX_TWILIO_PORT": "4000",
    "BRIDGE_PORT": "8080",
    "BRIDGE_METRICS_PORT": "9464",
}
"""Where everything listens unless told otherwise, and how it is told."""


def play(reader: Terminal, block: Block) -> None:
    """One block, as its reader would."""
    if block.not_run is not None:
        assert block.not_run, "say why it is not run"
    elif block.into:
        merge(reader.folder / block.into, block.text)
    elif block.language == "console":
        assert block.commands, "a console block has lines that begin with `$ `"
        for command in block.commands:
            if block.stays:
                reader.stay(command.typed, command.shown)
            elif block.answers is not None:
                reader.answer(command.typed, command.shown, block.answers, status=block.status)
            else:
                reader.run(command.typed, command.shown, status=block.status)


def prepare(reader: Terminal, state: str | None, moved: dict[str, str]) -> None:
    """A bridge that is set up on the sandboxes, or that runs, where the page begins with one."""
    if state is None:
        return
    reader.prepared("sandbox", "--json", shown=["{…}"], stays=True)
    known = json.loads(reader.printed)
    reader.prepared("init", "--yes", "--public-url", f"http://127.0.0.1:{moved['8080']}", **known)
    if state == "running":
        reader.prepared("serve", shown=["…bridge.ready…"], stays=True)


def merge(path: Path, text: str) -> None:
    """Each top-level key of a YAML text takes the place of the file's own, or is one more."""
    there = path.read_text() if path.exists() else ""
    for part in filter(None, re.split(r"^(?=\w+:)", text, flags=re.MULTILINE)):
        (key,) = yaml.safe_load(part)
        begin, *rest = re.split(rf"^(?:{key}:.*\n(?:[ -].*\n)*)", there, flags=re.MULTILINE)
        there = f"{begin}{part}{''.join(rest)}"
    path.write_text(there)


def elsewhere(page: str) -> tuple[str, dict[str, str]]:
    """The page with ports that are free here, and from which to which they moved."""
    moved = {port: str(unused_port()) for port in sorted(pages.ports(page) | {*USUAL.values()})}
    return re.sub(r"(?<![\w.])\d{4,5}(?!\w)", lambda found: moved.get(found[0], found[0]), page), moved


def environment(moved: dict[str, str]) -> dict[str, str]:
    """Nothing of what the user's own bridge is set to."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TWILIO_", "TWENTY_", "BRIDGE_"))}
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{inherited.get('PATH', '')}"
    return inherited | {name: moved[port] for name, port in USUAL.items()} | {"PATH": path, "COLUMNS": "100"}
