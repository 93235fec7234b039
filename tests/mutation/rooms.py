"""Which tests are near to a file, and which lines each runs: measured anew where either changed."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any

import coverage

from tests.mutation.contexts import FAILS, LINES, PLACE, SECONDS

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
MOST_SECONDS, MOST_TESTS = 30, 400
"""So long may all tests of one mutant take, and so many may there be; the quickest first."""
STAMPS = PLACE / "stamps.json"
BRIDGE = "bridge"


def room_of(path: str) -> str:
    """`bridge/calls/fold/call.py` → `calls`."""
    return Path(path).parts[1].removesuffix(".py")


class Tests:
    """The tests that were measured, and which of them run a line of these files of the bridge."""

    def __init__(self, paths: Iterable[str]) -> None:
        data = coverage.CoverageData(str(LINES))
        data.read()
        # All at once: coverage erases its file where a forked process reads on.
        self._lines = {path: data.contexts_by_lineno(str(Path(path).absolute())) for path in paths}
        known = _read(STAMPS)
        as_measured = {file for file, stamp in known.items() if file != BRIDGE and stamp == _stamp([file])}
        seconds = _read(SECONDS)
        self.failing = sorted(test for test, took in seconds.items() if took >= FAILS)
        self._seconds: dict[str, float] = {
            test: took
            for test, took in seconds.items()
            if took < LONGEST_SECONDS and file_of(test) in as_measured
        }

    def of(self, path: str, line: int, *, imported: bool) -> list[str]:
        """Those that run a line, the quickest first; where it runs as it is imported, those of the file."""
        lines = self._lines[path]
        found = set().union(*lines.values()) if imported else set(lines.get(line, ()))
        return self._some(sorted(found & self._seconds.keys(), key=lambda test: (self._seconds[test], test)))

    def is_imported(self, path: str, line: int) -> bool:
        """Whether a line also runs outside of tests: as modules are imported."""
        return "" in self._lines[path].get(line, ())

    def seconds(self, tests: Iterable[str]) -> float:
        """How long these took."""
        return sum(self._seconds[test] for test in tests)

    def _some(self, tests: Sequence[str]) -> list[str]:
        """The quickest, and of each file some: a property of one file says little of the others."""
        of_files: defaultdict[str, list[str]] = defaultdict(list)
        for test in tests:
            of_files[file_of(test)].append(test)
        each = max(3, MOST_TESTS // max(1, len(of_files)))
        chosen = {test for some in of_files.values() for test in some[:each]}
        some = [test for test in tests if test in chosen]
        totals = accumulate(self._seconds[test] for test in some)
        return [test for test, total in zip(some, totals, strict=True) if total < MOST_SECONDS]


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
    """Runs those of these files of tests that changed since they were measured; all where the bridge did."""
    PLACE.mkdir(parents=True, exist_ok=True)
    known = _read(STAMPS)
    bridge = _stamp(map(str, sorted(Path("bridge").rglob("*.py"))))
    if known.get(BRIDGE) != bridge:
        known = {BRIDGE: bridge}
        for old in (LINES, SECONDS, STAMPS):
            old.unlink(missing_ok=True)
    anew = {file: stamp for file in files if known.get(file) != (stamp := _stamp([file]))}
    if not anew:
        return
    print(f"Finding out which lines are run by {len(anew)} files of tests", flush=True)
    words = ["-q", "-p", "tests.mutation.contexts", "-p", "no:cacheprovider", "-k", "not postgres"]
    command = [sys.executable, "-m", "pytest", *words, *anew]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    # Tests that fail without a mutant are left out, and said; a file without a test that runs has code 5.
    if run.returncode not in {0, 1, 5}:
        raise SystemExit(run.stdout.decode())
    STAMPS.write_text(json.dumps(known | anew))


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _stamp(files: Iterable[str]) -> str:
    digest = blake2b(digest_size=16)
    for file in files:
        digest.update(file.encode() + b"\0" + Path(file).read_bytes() + b"\0")
    return digest.hexdigest()
