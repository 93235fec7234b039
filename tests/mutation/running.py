"""Runs the tests of a mutant in a forked child, where the function that it changes has the new code.

Nothing is written to the sources: an interrupted run leaves them as they were.
"""

import contextlib
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import resource
import signal
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from tests.mutation.contexts import clear_caches
from tests.mutation.mutants import Mutant

KILLED, SURVIVED, TIMED_OUT, UNSEEN, BROKEN = "killed", "survived", "timed out", "no test runs it", "not run"
FAILED, NOT_IMPORTED = 1, frozenset({2, 4})
"""pytest's codes for a test that failed, and for tests or a conftest.py that could not be imported."""
NOT_RUN = 70
LEAST_SECONDS, TIMES = 20, 5
"""CPU time of a child: so much, and so many times what its tests took. Of the clock three times that."""
IDLE_SECONDS = 20
"""A child that sleeps so long waits for what never comes."""
QUICK = ("-x", "-p", "no:cacheprovider", "-n0", "--tb=no", "-q")


def import_tests(files: Sequence[str]) -> None:
    """Imports tests, and with them the bridge, so that each child begins with both."""
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", "-n0", *files])
    gc.collect()


def run(
    mutant: Mutant | None, tests: Sequence[str], *, seconds: float, imported: bool = False
) -> tuple[str, str]:
    """What becomes of a mutant whose tests take so many seconds without it, and the test that failed, if any.

    None for a mutant is a control. `imported` where it changes what runs as modules are imported: nothing of
    them must be imported yet.
    """
    if not tests:
        return UNSEEN, ""
    failed, fails = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_run_tests(mutant, tests, imported=imported, seconds=_limit(seconds), fails=fails))
    try:
        answer = _waited(child, 3 * _limit(seconds), {FAILED, *(NOT_IMPORTED if imported else ())})
        os.write(fails, b"\n")
        return answer, os.read(failed, 4096).decode().splitlines()[0]
    finally:
        os.close(failed)
        os.close(fails)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _limit(seconds: float) -> int:
    return LEAST_SECONDS + int(TIMES * seconds)


def _waited(child: int, seconds: float, failed: Collection[int]) -> str:
    begun = busy = time.monotonic()
    spent = ""
    while (now := time.monotonic()) < min(begun + seconds, busy + IDLE_SECONDS):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return _answer(os.waitstatus_to_exitcode(status), failed)
        if (spends := _spends(child)) != spent:
            spent, busy = spends, now
        time.sleep(0.02)
    return TIMED_OUT


def _spends(child: int) -> str:
    """Changes while a process runs or would like to: its state, and the CPU time that it has spent."""
    try:
        # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        state, *fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return str(time.monotonic())
    return str(time.monotonic()) if state == "R" else " ".join(fields[10:12])


def _answer(code: int, failed: Collection[int]) -> str:
    if code == 0:
        return SURVIVED
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return TIMED_OUT
    # A negative code: the mutant ended the process, as a recursion without an end does.
    return KILLED if code in failed or code < 0 else f"{BROKEN} ({code})"


class _Failures:
    """Writes the ids of tests that fail to a pipe."""

    def __init__(self, to: int) -> None:
        self._to = to

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os.write(self._to, f"{report.nodeid}\n".encode())


def _run_tests(
    mutant: Mutant | None, tests: Sequence[str], *, imported: bool, seconds: int, fails: int
) -> int:
    """In the child: 0 if all tests pass."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    if mutant and not imported and not _exchange(mutant):
        return NOT_RUN
    if mutant and imported:
        sys.meta_path.insert(0, _Finder(mutant))
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return int(pytest.main([*QUICK, *tests], plugins=[_Failures(fails)]))
    except BaseException:  # a mutant can raise anything as it is imported
        return 1


def _exchange(mutant: Mutant) -> bool:
    """Gives each function object of the changed function its new code; whether there was one."""
    path = str(Path(mutant.path).absolute())
    codes = {code.co_qualname: code for code in _codes(compile(mutant.source(), path, "exec"))}
    new, exchanged = codes[mutant.function], False
    gc.unfreeze()
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and _is_of(thing.__code__, path, mutant.function):
            if thing.__code__.co_freevars != new.co_freevars:
                return False
            thing.__code__ = new
            exchanged = True
    clear_caches()
    return exchanged


def _is_of(code: CodeType, path: str, function: str) -> bool:
    return code.co_qualname == function and code.co_filename == path


def _codes(code: CodeType) -> list[CodeType]:
    return [code, *(one for part in code.co_consts if isinstance(part, CodeType) for one in _codes(part))]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from a changed source."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if fullname != self._name:
            return None
        file = Path(self._mutant.path).absolute()
        return importlib.util.spec_from_file_location(
            fullname, file, loader=self, submodule_search_locations=self._folders()
        )

    def _folders(self) -> list[str] | None:
        file = Path(self._mutant.path).absolute()
        return [str(file.parent)] if file.name == "__init__.py" else None

    def get_source(self, fullname: str) -> str:
        """See `importlib.abc.InspectLoader`."""
        return self._mutant.source()

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        path = str(Path(self._mutant.path).absolute())
        exec(compile(self._mutant.source(), path, "exec"), module.__dict__)
