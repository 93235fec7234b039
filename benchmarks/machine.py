"""What the figures were taken on."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import node_of_peers


def machine() -> str:
    """Processor, cores, system, and the versions of what is compared, in a line."""
    parts = [
        _processor(),
        f"{len(os.sched_getaffinity(0))} cores",
        f"Linux {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *(f"{name} {version(name)}" for name in ("aiohttp", "uvloop", "twilio")),
        *_node(),
    ]
    return ", ".join(parts)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _node() -> list[str]:
    node = node_of_peers()
    if not node:
        return []
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return [f"Node {told.strip().removeprefix('v')}"]
