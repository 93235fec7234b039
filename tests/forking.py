"""Processes of the bridge that are forked from one which has imported it.

The tests start some two hundred processes of the bridge, and importing it takes 1.4 s of CPU time each time.
A forked process is one of its own as any other: its parent is the test's process, and it can be killed.
On other systems than Linux, for all other commands, and until the import is done, processes start as they do
without this: a test's event loop, in which a bridge and both sandboxes can run, waits for no import.
"""

import ctypes
import gc
import json
import os
import runpy
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

MODULES = ("bridge", "bridge.sandbox.twenty", "bridge.sandbox.twilio")
"""What is forked where it is started as `python -m`."""

IMPORTED = (
    *("bridge.wiring.serve", "bridge.sandbox.twenty", "bridge.sandbox.twilio"),
    *(
        f"bridge.cli.{command}"
        for command in ("backfill", "calls", "demo", "doctor", "init", "serve", "setup")
    ),
)
PR_SET_CHILD_SUBREAPER = 36
"""https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html"""

MESSAGE_BYTES = 1 << 20
READY = b"ready"
IMPORT_SECONDS = 300
ROOT = Path(__file__).parents[1]


@contextmanager
def forked_processes(*, from_the_first: bool) -> Iterator[None]:
    """Meanwhile the bridge's commands are forked; `from_the_first` waits for what they are forked from."""
    if sys.platform != "linux":
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", Forking)
        if from_the_first:
            import_bridge()
        yield
    if _server.cache_info().currsize:
        _server().close()


def import_bridge() -> None:
    """Returns when processes can be forked. An event loop would stand still meanwhile."""
    if not _server().has_imported(within=IMPORT_SECONDS):
        raise TimeoutError("the bridge is not imported")


class Forking(subprocess.Popen[Any]):
    """A Popen that forks the bridge's commands.

    It overrides `_execute_child`, which has no public counterpart; `test_forking.py` fails where it changes.
    """

    def __init__(self, args: Any, *more: Any, **options: Any) -> None:
        self._options = options
        super().__init__(args, *more, **options)

    def _execute_child(self, args: Any, *how: Any) -> None:
        if not (_can_be_forked(args, self._options) and _server().has_imported()):
            super()._execute_child(args, *how)  # type: ignore[misc]
            return
        pipes = how[9:15]
        given = (pipes[0], pipes[3], pipes[5])
        self.pid = _forked(args, self._options, [own if fd == -1 else fd for own, fd in enumerate(given)])
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _can_be_forked(args: Any, options: Mapping[str, Any]) -> bool:
    known = {"cwd", "env", "stdin", "stdout", "stderr", "start_new_session", "shell", "bufsize", "text"}
    given = {name for name, value in options.items() if value}
    return (
        isinstance(args, (list, tuple))
        and list(args[:2]) == [sys.executable, "-m"]
        and args[2] in MODULES
        and not options.get("shell")
        and given <= known
        and _for_python(options.get("env") or os.environ) <= _for_python(os.environ)
    )


def _for_python(env: Mapping[str, str]) -> set[tuple[str, str]]:
    """The variables that the interpreter reads as it starts."""
    return {(name, value) for name, value in env.items() if name.startswith("PYTHON")}


def _forked(args: Sequence[str], options: Mapping[str, Any], fds: Sequence[int]) -> int:
    """The process id of a new child of this process."""
    env = options.get("env")
    request = {
        "words": [str(word) for word in args[2:]],
        "cwd": str(options.get("cwd") or Path.cwd()),
        "env": dict(os.environ if env is None else env),
        "new_session": bool(options.get("start_new_session")),
    }
    with _adopting():
        requests = _server().requests
        socket.send_fds(requests, [json.dumps(request).encode()], list(fds))
        return int(requests.recv(100))


@contextmanager
def _adopting() -> Iterator[None]:
    """What loses its parent meanwhile becomes a child of this process."""
    _adopt(1)
    try:
        yield
    finally:
        _adopt(0)


def _adopt(whether: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, whether, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


@dataclass
class Server:
    """A process that has imported the bridge, or is about to."""

    requests: socket.socket
    process: subprocess.Popen[bytes]
    _is_ready: bool = False

    def has_imported(self, *, within: float = 0) -> bool:
        """Whether it can fork, after so many seconds at most."""
        if not self._is_ready and select.select([self.requests], [], [], within)[0]:
            self._is_ready = self.requests.recv(100) == READY
        return self._is_ready

    def close(self) -> None:
        """Ends it."""
        self.requests.close()
        self.process.wait()


@cache
def _server() -> Server:
    """Started with the first process that can be forked."""
    return start_server()


def start_server() -> Server:
    """What processes are forked from; it imports the bridge first."""
    own, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = [sys.executable, "-c", "import sys; from tests.forking import serve; serve(int(sys.argv[1]))"]
    with its:
        process = subprocess.Popen([*words, str(its.fileno())], pass_fds=[its.fileno()], cwd=ROOT)
    return Server(own, process)


def serve(fd: int) -> None:
    """Forks a process for each request; returns in none but these, where it has run the bridge to its end."""
    requests = socket.socket(fileno=fd)
    for name in IMPORTED:
        import_module(name)
    gc.collect()
    gc.freeze()
    requests.send(READY)
    while True:
        message, fds, *_ = socket.recv_fds(requests, MESSAGE_BYTES, 3)
        if not message:
            return
        pid = _forked_twice()
        if pid is None:
            requests.close()
            _run(json.loads(message), fds)
            return
        for each in fds:
            os.close(each)
        requests.send(str(pid).encode())


def _forked_twice() -> int | None:
    """The process id of a grandchild whose parent has ended; None in the grandchild itself."""
    reads, writes = os.pipe()
    if between := os.fork():
        os.close(writes)
        os.waitpid(between, 0)
        pid = int(os.read(reads, 100))
        os.close(reads)
        return pid
    os.close(reads)
    if pid := os.fork():
        os.write(writes, str(pid).encode())
        os._exit(0)
    os.close(writes)
    return None


def _run(request: Mapping[str, Any], fds: Sequence[int]) -> None:
    """Does what `python -m` does with the words of a request."""
    for own, fd in enumerate(fds):
        os.dup2(fd, own)
        os.close(fd)
    if request["new_session"]:
        os.setsid()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[0] = request["cwd"]
    sys.argv = request["words"]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
