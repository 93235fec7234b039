"""A host of its own on this machine: a network namespace, and a cable to it that can be pulled."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Host:
    """A host that reaches this one at an address, and nothing else."""

    name: str
    here: str
    """This host's address on the cable."""
    cable: str

    def command(self, *words: str) -> list[str]:
        """The words that run a command on that host."""
        return ["ip", "netns", "exec", self.name, *words]

    def vanish(self) -> None:
        """Nothing gets through any more, no FIN and no RST either."""
        _ip("-n", self.name, "link", "set", self.cable, "down")


@contextmanager
def another_host() -> Iterator[Host]:
    """Skips the test where there may be none."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces are root's, and made by iproute2")
    number = os.getpid() % 2**14
    name, near, far = (f"bridge-{end}{number}" for end in ("", "n", "f"))
    # Of the addresses for tests between networks, each process takes four: https://www.rfc-editor.org/rfc/rfc2544
    here, there = (f"198.{18 + number // 2**13}.{number // 64 % 128}.{number % 64 * 4 + n}" for n in (1, 2))
    try:
        _ip("netns", "add", name)
    except subprocess.CalledProcessError as refused:
        pytest.skip(f"network namespaces are not to be had here: {refused.stderr.strip()}")
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        _ip("addr", "add", f"{here}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", name, "addr", "add", f"{there}/30", "dev", far)
        for device in (far, "lo"):
            _ip("-n", name, "link", "set", device, "up")
        yield Host(name, here, far)
    finally:
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=10)
