"""Which tests are near to a file, and which lines each runs: measured anew where either changed."""

import json
import re
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from hashlib import blake2b
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from coverage.numbits import numbits_to_nums

from tests.mutation.contexts import FAILS, LINES, PLACE, SECONDS
from tests.mutation.running import folder

NEAR = {
    "bridge/calls": ("tests/calls", "tests/inbox/test_agent_calls.py"),
    "bridge/calls/activity.py": ("tests/calls", "tests/sync"),
    "bridge/calls/dialling": ("tests/calls/dialling", "tests/web/twilio/test_voice.py"),
    "bridge/calls/fold": (
        "tests/calls",
        "tests/inbox/test_agent_calls.py",
        "tests/sync/reconcile/test_comparison.py",
    ),
    "bridge/calls/routing": (
        "tests/calls/routing",
        "tests/settings/test_lines.py",
        "tests/web/twilio/test_inbound.py",
    ),
    "bridge/calls/transcripts": ("tests/calls/transcripts", "tests/transcripts", "tests/sync"),
    "bridge/inbox": ("tests/inbox", "tests/sync"),
    "bridge/inbox/transcripts": ("tests/inbox", "tests/sync", "tests/transcripts"),
    "bridge/twenty": ("tests/twenty", "tests/sync"),
    "bridge/twenty/client": ("tests/twenty/client",),
    "bridge/twenty/writing": (
        "tests/twenty/writing",
        *(
            f"tests/sync/test_{name}.py"
            for name in (
                "conversations",
                "corrections",
                "notes",
                "policies",
                "withdrawn",
                "without",
                "worker",
            )
        ),
        "tests/sync/stages/test_remind.py",
    ),
    "bridge/twilio": ("tests/twilio", "tests/web/twilio"),
    "bridge/twilio/signature.py": ("tests/twilio/test_signature.py", "tests/web/twilio/test_signed.py"),
    "bridge/web/authentication": (
        "tests/web/authentication",
        "tests/web/phone/test_numbers.py",
        "tests/web/phone/test_tokens.py",
        "tests/web/status",
        "tests/web/phone/test_sign_in.py",
        "tests/web/phone/test_me.py",
    ),
}
"""Files and folders of the bridge → tests that are near to them. The longest name counts; of the others the
tests are in the folder of the same name."""
FAR = ("tests/inbox/past", "tests/web/phone")
"""Left out unless they are named: they are long, and wait for other processes."""
LONGEST_SECONDS = 10
"""A test that takes longer is not run."""
MOST_TESTS = 400
"""So many tests run for one mutant at most; the quickest first."""
STAMPS = PLACE / "stamps.json"


def room_of(path: str) -> str:
    """`bridge/calls/fold/call.py` → `calls`."""
    return Path(path).parts[1].removesuffix(".py")


class Tests:
    """The tests of these files that were measured, and which of them run a line of the bridge.

    The tests of one mutant take at most `bound` seconds of CPU time.
    """

    def __init__(self, bound: float, files: Sequence[str]) -> None:
        self._bound = bound
        self._lines: dict[str, dict[int, set[str]]] = {}
        known = _read(STAMPS)
        as_measured = {file for file in files if _is_fresh(known.get(file, {}))}
        seconds = {test: took for test, took in _read(SECONDS).items() if file_of(test) in files}
        self.failing = sorted(test for test, took in seconds.items() if took >= FAILS)
        self._seconds: dict[str, float] = {
            test: took
            for test, took in seconds.items()
            if took < LONGEST_SECONDS and file_of(test) in as_measured
        }
        self._killers: defaultdict[str, list[str]] = defaultdict(list)

    def of(self, path: str, line: int, names: Sequence[str] = ()) -> list[str]:
        """Those that run a line: first those that killed a mutant beside it, then the quickest.

        What runs as its file is imported has `names`: first the tests that are called as the file, then those
        that run a line with a name, of this file before others', which can have one of the same name; then
        those of files of tests that have one, which can compare a table with their own, then the others that
        run any line of the file.
        """
        if not names:
            return self._some(self._ordered(path, self._at(path).get(line, set())))
        mentions = list(_mentions(names))
        here = {test for file, at in mentions if file == path for test in self._at(file).get(at, set())}
        users = {test for file, at in mentions for test in self._at(file).get(at, set())}
        of_file = set().union(*self._at(path).values())
        readers = {test for test in self._seconds if _has_any(file_of(test), tuple(names))}
        own = {test for test in self._seconds if Path(file_of(test)).name == f"test_{Path(path).stem}.py"}
        first = own | here
        groups = (own, here - own, users - first, readers - users - first, of_file - readers - users - first)
        ordered = (self._ordered(path, tests) for tests in groups)
        return self._some([test for tests in ordered for test in tests])

    def is_imported(self, path: str, line: int) -> bool:
        """Whether a line also runs outside of tests: as modules are imported."""
        return "" in self._at(path).get(line, ())

    def seconds(self, tests: Iterable[str]) -> float:
        """How long these took."""
        return sum(self._seconds[test] for test in tests)

    def killed(self, path: str, by: str) -> None:
        """The next mutants of a file meet this test first."""
        killers = self._killers[path]
        if by in killers:
            killers.remove(by)
        killers.insert(0, by)

    def leave_out(self, test: str) -> None:
        """One that fails without a mutant."""
        self._seconds.pop(test, None)

    def quickest(self, tests: Iterable[str]) -> list[str]:
        """Of each file the quickest."""
        first: dict[str, str] = {}
        for test in sorted(tests, key=self._seconds.__getitem__):
            first.setdefault(file_of(test), test)
        return list(first.values())

    def _at(self, path: str) -> dict[int, set[str]]:
        """Line → the tests that run it; the empty name stands for the import."""
        if path not in self._lines:
            self._lines[path] = _lines_of(path)
        return self._lines[path]

    def _ordered(self, path: str, tests: set[str]) -> list[str]:
        known = tests & self._seconds.keys()
        killers = [test for test in self._killers[path] if test in known]
        own = f"test_{Path(path).stem}.py"
        others = sorted(
            known.difference(killers),
            key=lambda test: (self._seconds[test] / (4 if own in test else 1), test),
        )
        return [*killers, *others]

    def _some(self, tests: Sequence[str]) -> list[str]:
        """The first, and of each file some: a property of one file says little of the others."""
        of_files: defaultdict[str, list[str]] = defaultdict(list)
        for test in tests:
            of_files[file_of(test)].append(test)
        each = max(3, MOST_TESTS // max(1, len(of_files)))
        chosen = {test for some in of_files.values() for test in some[:each]}
        others = (test for test in tests if test not in chosen)
        chosen |= set(islice(others, max(0, MOST_TESTS - len(chosen))))
        some = [test for test in tests if test in chosen]
        totals = accumulate(self._seconds[test] for test in some)
        return [test for test, total in zip(some, totals, strict=True) if total < self._bound]


def file_of(test: str) -> str:
    """The file of a test's id."""
    return test.partition("::")[0]


def near(path: str) -> list[str]:
    """The files of tests that are near to a file of the bridge."""
    found = []
    names = [name for name in NEAR if Path(path).is_relative_to(name)]
    places = NEAR[max(names, key=len)] if names else (f"tests/{room_of(path)}",)
    for place in map(Path, places):
        files = sorted(place.rglob("test_*.py")) if place.is_dir() else [place]
        found += [file for file in files if file == place or not str(file).startswith(FAR)]
    return [str(file) for file in found]


def measure(files: Sequence[str]) -> None:
    """Runs those of these files of tests that changed since they were measured, or what they run did."""
    PLACE.mkdir(parents=True, exist_ok=True)
    known = _read(STAMPS)
    anew = [file for file in files if not _is_fresh(known.get(file, {}))]
    if not anew:
        return
    print(f"Finding out which lines are run by {len(anew)} files of tests", flush=True)
    _forget(anew)
    words = ["-q", "-p", "tests.mutation.contexts", "-p", "no:cacheprovider"]
    with folder() as databases:
        words = [sys.executable, "-m", "pytest", *words, f"--basetemp={databases}/tests", *anew]
        run = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    # Tests that fail without a mutant are left out, and said; a file without a test that runs has code 5.
    if run.returncode not in {0, 1, 5}:
        raise SystemExit(run.stdout.decode())
    stamps = {file: {path: _stamp(path) for path in [file, *_run_by(file)]} for file in anew}
    STAMPS.write_text(json.dumps(_read(STAMPS) | stamps))


def _is_fresh(stamps: dict[str, str]) -> bool:
    """Whether a file of tests, and the files of the bridge that it ran, are as they were measured."""
    return bool(stamps) and all(_stamp(path) == stamp for path, stamp in stamps.items())


def _forget(files: Sequence[str]) -> None:
    """What was measured of these files of tests; of files of the bridge that changed, the lines."""
    stamps = _read(STAMPS)
    changed = {path for some in stamps.values() for path, stamp in some.items() if _stamp(path) != stamp}
    if LINES.exists():
        with closing(sqlite3.connect(LINES)) as lines, lines:
            for file in files:
                of_file = "SELECT id FROM context WHERE substr(context, 1, length(?1) + 2) = ?1 || '::'"
                lines.execute(f"DELETE FROM line_bits WHERE context_id IN ({of_file})", [file])
            for path in changed:
                of_path = "SELECT id FROM file WHERE path = ?"
                lines.execute(
                    f"DELETE FROM line_bits WHERE file_id IN ({of_path})", [str(Path(path).absolute())]
                )
    kept = {test: took for test, took in _read(SECONDS).items() if file_of(test) not in files}
    SECONDS.write_text(json.dumps(kept))
    STAMPS.write_text(json.dumps({file: some for file, some in stamps.items() if file not in files}))


def _run_by(file: str) -> list[str]:
    """The files of the bridge of which a file of tests runs a line."""
    with closing(sqlite3.connect(LINES)) as lines:
        rows = lines.execute(
            "SELECT DISTINCT path FROM line_bits JOIN file ON file.id = file_id"
            " JOIN context ON context.id = context_id WHERE substr(context, 1, length(?1) + 2) = ?1 || '::'",
            [file],
        ).fetchall()
    return [str(Path(path).relative_to(Path.cwd())) for (path,) in rows if Path(path).exists()]


def _lines_of(path: str) -> dict[int, set[str]]:
    """Opened and closed each time: an open file would be shared with forked processes."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    with closing(sqlite3.connect(LINES)) as lines:
        rows = lines.execute(
            "SELECT context, numbits FROM line_bits JOIN file ON file.id = file_id"
            " JOIN context ON context.id = context_id WHERE path = ?",
            [str(Path(path).absolute())],
        ).fetchall()
    for context, numbits in rows:
        for line in numbits_to_nums(numbits):
            found[line].add(context)
    return dict(found)


def _mentions(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The lines of the bridge with one of these names."""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    for path, text in _texts():
        if pattern.search(text):
            for number, line in enumerate(text.splitlines(), 1):
                if pattern.search(line):
                    yield path, number


@cache
def _has_any(file: str, names: tuple[str, ...]) -> bool:
    """Whether a file of tests has one of these names, in whatever case: values are often so."""
    pattern = r"\b(" + "|".join(map(re.escape, names)) + r")\b"
    return re.search(pattern, Path(file).read_text(), re.IGNORECASE) is not None


@cache
def _texts() -> list[tuple[str, str]]:
    return [(str(path), path.read_text()) for path in sorted(Path("bridge").rglob("*.py"))]


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _stamp(path: str) -> str:
    file = Path(path)
    return _stamped(path, file.stat().st_mtime_ns) if file.exists() else ""


@cache
def _stamped(path: str, _changed: int) -> str:
    return blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()
