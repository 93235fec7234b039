"""A reader at a keyboard: types what a page says, in a folder of their own."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from select import select

from tests.docs.shown import COLORS, missing
from tests.support import BOUND

PAUSE = 0.2
"""Whoever asks then waits."""
WORKING = frozenset("RD")
"""States of a process that has something to do: on a busy machine it may pause in the middle of a line.

https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""
QUESTION = re.compile(r"(: |\]: |\? )$")
AS_BEFORE = 'source "$2" 2>/dev/null; cd "$(cat "$2.here")"; '
ONCE = AS_BEFORE + 'eval "$1"; status=$?; export -p > "$2"; pwd > "$2.here"; exit $status'
"""What a command exports, and the folder that it goes to, is there for the next one."""
ON_AND_ON = AS_BEFORE + 'eval "exec $1"'


class NotAsShown(AssertionError):
    """A command did otherwise than its page says."""


@dataclass
class Terminal:
    """`state` is a file for what lasts from one command to the next."""

    folder: Path
    state: Path
    env: Mapping[str, str]
    in_color: bool = False
    """Whether commands print to a terminal, or to whoever reads them."""
    printed: str = ""
    """Everything so far."""
    _own: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state.with_name(f"{self.state.name}.here").write_text(f"{self.folder}\n")

    def run(self, typed: str, shown: Sequence[str], *, status: int = 0) -> None:
        """Raises NotAsShown where the command ends otherwise, or prints something else."""
        if self.in_color:
            self.answer(typed, shown, (), status=status)
            return
        with self._typed(ONCE, typed, subprocess.DEVNULL, subprocess.PIPE) as process:
            printed, _ = process.communicate(timeout=BOUND)
        self._hold(typed, shown, printed.decode(), (process.returncode, status))

    def answer(self, typed: str, shown: Sequence[str], answers: Sequence[str], *, status: int = 0) -> None:
        """As `run`, with these answers to what it asks."""
        told = [self._told(answer) for answer in answers]
        leader, follower = pty.openpty()
        with self._typed(ONCE, typed, follower, follower) as process:
            os.close(follower)
            printed = _talk(leader, told, process.pid)
        self._hold(typed, shown, printed, (process.returncode, status))

    def stay(self, typed: str, shown: Sequence[str]) -> None:
        """Back as soon as it has printed what is shown; it runs on."""
        log = self._log()
        with log.open("wb") as out:
            self._own.append(self._typed(ON_AND_ON, typed, subprocess.DEVNULL, out.fileno()))
        self._until_shown(typed, shown, log)

    def prepared(self, *words: str, shown: Sequence[str] = (), stays: bool = False, **env: str) -> None:
        """A command of the bridge that no page says: without a shell, it is forked and starts at once."""
        log = self._log()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "bridge", *words],
                cwd=self.folder,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=out.fileno(),
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._own.append(process)
        if not stays:
            process.wait(BOUND)
            self._own.pop()
            self._hold(" ".join(words), shown, log.read_text(), (process.returncode, 0))
        else:
            self._until_shown(" ".join(words), shown, log)

    def _log(self) -> Path:
        return self.state.with_name(f"stays-{len(self._own)}.log")

    def _until_shown(self, typed: str, shown: Sequence[str], log: Path) -> None:
        """Waits for what the youngest process prints."""
        process = self._own[-1]
        deadline = time.monotonic() + BOUND
        while (line := missing(shown, log.read_text())) is not None:
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotAsShown(_unlike(typed, line, log.read_text()))
            time.sleep(0.05)
        self.printed += log.read_text()

    def close(self) -> None:
        """Ctrl-C in every terminal, the youngest first."""
        for process in reversed(self._own):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(BOUND)

    def _typed(self, how: str, typed: str, reads: int, prints: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["bash", "-c", how, "bash", typed, self.state],
            env=self.env,
            stdin=reads,
            stdout=prints,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for all that it starts, and for nobody else.
            start_new_session=True,
        )

    def _hold(self, typed: str, shown: Sequence[str], printed: str, ended: tuple[int, int]) -> None:
        self.printed += printed
        came, wanted = ended
        if came != wanted:
            raise NotAsShown(f"$ {typed}\nIt ended with {came}, not {wanted}:\n{printed}")
        if (line := missing(shown, printed)) is not None:
            raise NotAsShown(_unlike(typed, line, printed))

    def _told(self, answer: str) -> str:
        """`{API key}` is what was printed after that word."""

        def value(found: re.Match[str]) -> str:
            said = re.findall(rf"^{re.escape(found[1])}  +(\S+)", self.printed, re.MULTILINE)
            if not said:
                raise NotAsShown(f"Nothing was printed that is called {found[1]!r}.")
            return str(said[-1])

        return re.sub(r"\{([^}]+)\}", value, answer)


def _talk(leader: int, answers: Sequence[str], session: int) -> str:
    """Answers each question as it comes; what was printed in the end."""
    said, answered, waiting = b"", 0, list(answers)
    with os.fdopen(leader, "r+b", buffering=0) as terminal:
        while chunk := _read(terminal):
            said += chunk
            if QUESTION.search(_plain(said[answered:])) and _waits(terminal, session):
                if not waiting:
                    raise NotAsShown(f"It asks more than the page answers:\n{_plain(said)}")
                answered = len(said)
                terminal.write(f"{waiting.pop(0)}\n".encode())
    if waiting:
        raise NotAsShown(f"It did not ask for {waiting}:\n{_plain(said)}")
    return said.decode(errors="replace").replace("\r", "")


def _waits(terminal: RawIOBase, session: int) -> bool:
    """Whether what prints there waits for an answer, rather than for a processor; else it prints more."""
    while not select([terminal], [], [], PAUSE)[0]:
        if not any(_works(stat, session) for stat in Path("/proc").glob("[0-9]*/stat")):
            return True
    return False


def _works(stat: Path, session: int) -> bool:
    try:
        state, _, _, its_session, *_ = stat.read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return False
    return state in WORKING and int(its_session) == session


def _read(terminal: RawIOBase) -> bytes:
    """Nothing, when nobody holds its other end any more."""
    try:
        return terminal.read(4096) or b""
    except OSError:
        return b""


def _plain(said: bytes) -> str:
    return COLORS.sub("", said.decode(errors="replace"))


def _unlike(typed: str, line: str, printed: str) -> str:
    return f"$ {typed}\nThis is shown: {line}\nThis was printed:\n{printed}"


@contextmanager
def terminal(folder: Path, state: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    """One whose long-running commands end with it."""
    opened = Terminal(folder, state, env)
    try:
        yield opened
    finally:
        opened.close()


def checkout(root: Path, to: Path) -> Path:
    """What a reader has after `git clone` and `make setup`."""
    left_out = shutil.ignore_patterns(
        *(".git", ".venv", ".env", "data", ".*cache*", "__pycache__", "*.db*", ".hypothesis"),
        *("node_modules", "tests"),
    )
    shutil.copytree(root, to, ignore=left_out)
    (to / ".git").mkdir()
    (to / ".venv").symlink_to(root / ".venv")
    # Older than the environment, or `make` would install the copy into that of the tests.
    for source in ("pyproject.toml", "requirements-dev.lock"):
        os.utime(to / source, (0, 0))
    return to
