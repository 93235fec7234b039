"""Runs the tests of a mutant in a forked child, where the function that it changes has the new code.

The tests are collected, and what they share is made, once: in the process from which the children are forked.
Nothing is written to the sources: an interrupted run leaves them as they were.
"""

import contextlib
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import mmap
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from tests.mutation.contexts import clear_caches
from tests.mutation.databases import SERVER, SqliteFirst
from tests.mutation.mutants import Mutant

KILLED, SURVIVED, TIMED_OUT, UNSEEN, BROKEN = "killed", "survived", "timed out", "no test runs it", "not run"
FAILED, NOT_IMPORTED = 1, frozenset({2, 3, 4})
"""pytest's codes for a test that failed, and for tests or a conftest.py that could not be imported."""
NOT_RUN = 70
LEAST_SECONDS, TIMES = 10, 5
"""CPU time of a child: so much, and so many times what its tests took. Of the clock three times that."""
IDLE_SECONDS = 20
"""A child that sleeps so long waits for what never comes."""
QUIET = ("-p", "no:cacheprovider", "-n0", "--tb=no", "-q", "-s")
PRELOADED = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
"""Plugins of pytest are imported, with what else a test imports, before pytest starts."""
MEMORY = Path("/dev/shm")
"""The databases of tests are made here, where there is one: no disk is waited for."""


class Run:
    """What became of a child, and in the midst of which test it was."""

    def __init__(self, answer: str, test: str) -> None:
        self.answer = answer
        self.test = test


class _Place:
    """The test that a child is at: known to both processes."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = tests
        self._shared = mmap.mmap(-1, 4)

    def at(self, number: int) -> None:
        self._shared[:4] = number.to_bytes(4, "little")

    def close(self) -> str:
        number = int.from_bytes(self._shared[:4], "little")
        self._shared.close()
        return self._tests[number]


def _forked(
    do: Callable[[_Place], int], tests: Sequence[str], seconds: float, failed: Collection[int]
) -> Run:
    """Calls `do` in a child that may take so much CPU time."""
    place = _Place(tests)
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            limit = _limit(seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            os._exit(do(place))
        finally:
            os._exit(FAILED)
    try:
        answer = _waited(child, 3 * _limit(seconds), failed)
        return Run(answer, place.close())
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _limit(seconds: float) -> int:
    return LEAST_SECONDS + int(TIMES * seconds)


def _waited(child: int, seconds: float, failed: Collection[int]) -> str:
    begun = busy = time.monotonic()
    spent = ""
    over = os.pidfd_open(child)
    try:
        while (now := time.monotonic()) < min(begun + seconds, busy + IDLE_SECONDS):
            if select.select([over], [], [], 0.5)[0]:
                return _answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), failed)
            if (spends := _spends(child)) != spent:
                spent, busy = spends, now
        return TIMED_OUT
    finally:
        os.close(over)


def _spends(child: int) -> str:
    """Changes while a thread of a process runs or would like to: by its state, and the CPU time so far."""
    try:
        threads = [file.read_text() for file in Path(f"/proc/{child}/task").glob("*/stat")]
    except OSError:
        return str(time.monotonic())
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    found = [thread.rpartition(")")[2].split() for thread in threads]
    if any(state in "RD" for state, *_ in found):
        return str(time.monotonic())
    return " ".join(spent for _, *fields in found for spent in fields[10:12])


def _answer(code: int, failed: Collection[int]) -> str:
    if code == 0:
        return SURVIVED
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return TIMED_OUT
    # A negative code: the mutant ended the process, as a recursion without an end does.
    return KILLED if code in failed or code < 0 else f"{BROKEN} ({code})"


class _Loop:
    """A pytest plugin: in the place of running the collected tests it hands them over."""

    def __init__(self, work: Callable[["Collected"], None]) -> None:
        self._work = work
        self.databases = SqliteFirst()
        self.has_begun = False
        self.error: BaseException | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.has_begun = True
        try:
            self._work(Collected(session, self.databases))
        except BaseException as error:
            self.error = error
        return True


class _Ending:
    """A pytest plugin: in a child the first failure ends the process."""

    def __init__(self) -> None:
        self.is_child = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.is_child:
            os._exit(FAILED)


def with_tests(files: Sequence[str], work: Callable[["Collected"], None]) -> None:
    """Collects these files of tests, and calls `work` with them."""
    loop = _Loop(work)
    with folder() as databases, contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*QUIET, f"--basetemp={databases}/tests", *files], plugins=[loop, loop.databases])
    if loop.error:
        raise loop.error
    if not loop.has_begun:
        raise SystemExit(f"The tests cannot be collected: {files}")


class Collected:
    """The collected tests of a pytest session, which run in forked children."""

    def __init__(self, session: pytest.Session, databases: SqliteFirst) -> None:
        self._databases = databases
        self._runs = 0
        self._items = {item.nodeid: item for item in session.items}
        self._ending = _Ending()
        session.config.pluginmanager.register(self._ending)
        # Once: a child would make a folder of its own, and leave it.
        self._folder: Path = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        self._functions: dict[tuple[str, str], list[FunctionType]] = {}

    def warm_up(self, tests: Iterable[str], paths: Iterable[str]) -> None:
        """Runs these, so that each child begins with what they share, and imports these files."""
        for path in paths:
            importlib.import_module(module_of(path))
        items = [self._items[test] for test in tests if test in self._items]
        items += [item for item in self._items.values() if SERVER in getattr(item, "fixturenames", ())][:1]
        # What is of the whole session stays for the children: there is always a next test.
        for item, after in pairwise([*items, *items[:1]]):
            if item is not after:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
        gc.collect()
        gc.unfreeze()
        functions: defaultdict[tuple[str, str], list[FunctionType]] = defaultdict(list)
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType) and "/bridge/" in thing.__code__.co_filename:
                functions[thing.__code__.co_filename, thing.__code__.co_qualname].append(thing)
        self._functions = dict(functions)
        gc.freeze()

    def run(self, mutant: Mutant | None, tests: Sequence[str], *, seconds: float) -> Run:
        """What becomes of a mutant whose tests take so many seconds without it; None is a control."""
        tests = [test for test in tests if test in self._items]
        if not tests:
            return Run(UNSEEN, "")
        self._runs += 1
        try:
            return _forked(lambda place: self._in_child(mutant, tests, place), tests, seconds, {FAILED})
        finally:
            self._databases.clean(self._runs)
            for left in self._folder.iterdir():
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink()

    def _in_child(self, mutant: Mutant | None, tests: Sequence[str], place: _Place) -> int:
        if mutant and not self._exchange(mutant):
            return NOT_RUN
        clear_caches()
        self._ending.is_child = True
        self._databases.in_child(self._runs)
        items = [self._items[test] for test in tests]
        # What is of the whole session is the parent's: there is always a next test.
        other = next((item for item in self._items.values() if item is not items[-1]), None)
        for number, (item, after) in enumerate(pairwise([*items, other])):
            place.at(number)
            if item:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
        return 0

    def _exchange(self, mutant: Mutant) -> bool:
        """Gives each function object of the changed function its new code; whether there was one."""
        path = str(Path(mutant.path).absolute())
        codes = {code.co_qualname: code for code in _codes(compile(mutant.source(), path, "exec"))}
        new = codes[mutant.function]
        functions = self._functions.get((path, mutant.function), [])
        for function in functions:
            if function.__code__.co_freevars != new.co_freevars:
                return False
            function.__code__ = new
        return bool(functions)


def _codes(code: CodeType) -> list[CodeType]:
    return [code, *(one for part in code.co_consts if isinstance(part, CodeType) for one in _codes(part))]


def run_imported(mutant: Mutant | None, tests: Sequence[str], *, seconds: float) -> Run:
    """The same for a mutant of what runs as its module is imported, which must not be there yet."""
    if not tests:
        return Run(UNSEEN, "")

    with folder() as databases:
        words = [*QUIET, *PRELOADED, "-x", f"--basetemp={databases}/tests", *tests]

        def in_child(place: _Place) -> int:
            if mutant:
                sys.meta_path.insert(0, _Finder(mutant))
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    return int(
                        pytest.main(words, plugins=[_Beginning(place, tests), SqliteFirst(server=False)])
                    )
            except BaseException:  # a mutant can raise anything as it is imported
                return FAILED

        return _forked(in_child, tests, seconds, {FAILED, *NOT_IMPORTED})


class _Beginning:
    """A pytest plugin: says which test begins."""

    def __init__(self, place: _Place, tests: Sequence[str]) -> None:
        self._place = place
        self._numbers = {test: number for number, test in enumerate(tests)}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._place.at(self._numbers.get(nodeid, 0))


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """Goes when it is left."""
    with tempfile.TemporaryDirectory(
        prefix="mutation-", dir=MEMORY if MEMORY.is_dir() else None, ignore_cleanup_errors=True
    ) as folder:
        yield folder


def module_of(path: str) -> str:
    """`bridge/calls/fold/call.py` → `bridge.calls.fold.call`."""
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from a changed source."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = module_of(mutant.path)
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
