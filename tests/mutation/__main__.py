"""`python -m tests.mutation`: mutants of changed files, or of others, and which of them no test notices."""

import argparse
import json
import os
import random
import subprocess
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import sqrt
from pathlib import Path
from typing import Protocol

from tests.mutation.contexts import PLACE
from tests.mutation.imports import import_without
from tests.mutation.mutants import Mutant, mutants_of, names_at
from tests.mutation.rooms import Tests, file_of, measure, near, room_of
from tests.mutation.running import (
    KILLED,
    SURVIVED,
    TIMED_OUT,
    UNSEEN,
    Collected,
    Run,
    run_imported,
    with_tests,
)

ALIVE = frozenset({SURVIVED, UNSEEN})
REPORT = PLACE / "report.jsonl"
DEAD = frozenset({KILLED, TIMED_OUT})
RUN_BY_PATH = ("bridge/inbox/migrations/versions", "bridge/inbox/migrations/env.py")
"""Left out: Alembic reads them as files, and imports none of them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """1 where a mutant survived, 2 where tests fail without a mutant."""
    given = _parser().parse_args(arguments)
    of_rooms: defaultdict[str, list[Mutant]] = defaultdict(list)
    for mutant in _chosen(given):
        of_rooms[room_of(mutant.path)].append(mutant)
    if not of_rooms:
        print("There is nothing to mutate.")
        return 0
    if given.list:
        print(*(mutant for some in of_rooms.values() for mutant in some), sep="\n")
        return 0
    end = time.monotonic() + given.seconds
    paths = {mutant.path for some in of_rooms.values() for mutant in some}
    files = sorted({file for path in paths for file in (given.tests or near(path))})
    measure(files)
    for test in Tests(given.bound, files).failing:
        print(f"left out, as it fails without a mutant: {test}")
    answers = [
        _of_room(room, some, lambda: Tests(given.bound, files), end)
        for room, some in sorted(of_rooms.items())
    ]
    return max(answers, default=0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument(
        "files", nargs="*", help="files or folders of bridge/; else those that differ from --base"
    )
    parser.add_argument(
        "--base", help="a commit; else origin/main, else the last tag, else the commit before"
    )
    parser.add_argument("--sample", type=int, default=0, help="only so many mutants, drawn by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="then no new mutant is begun")
    parser.add_argument(
        "--bound", type=float, default=15, help="CPU time of the tests that run for one mutant, in seconds"
    )
    parser.add_argument("--tests", nargs="+", help="files of tests that run in the place of those near")
    parser.add_argument("--match", default="", help="only mutants whose line of --list has this text")
    parser.add_argument("--again", action="store_true", help="only those that survived the last time")
    parser.add_argument("--list", action="store_true", help="shows the mutants, runs none")
    return parser


def _chosen(given: argparse.Namespace) -> list[Mutant]:
    found = [mutant for path in _files(given) for mutant in mutants_of(path)]
    found = [mutant for mutant in found if given.match in str(mutant)]
    if given.again:
        survived = _survived()
        found = [mutant for mutant in found if _anywhere(str(mutant)) in survived]
    if given.sample and given.sample < len(found):
        found = random.Random(given.seed).sample(found, given.sample)
    return sorted(found, key=lambda mutant: (mutant.path, mutant.start, mutant.text))


def _files(given: argparse.Namespace) -> Iterator[Path]:
    for name in map(Path, given.files or _changed(given.base or _base())):
        files = sorted(name.rglob("*.py")) if name.is_dir() else [name]
        yield from (file for file in files if not str(file).startswith(RUN_BY_PATH))


def _changed(base: str) -> list[str]:
    return _git("diff", "--name-only", "--diff-filter=d", base, "--", "bridge/*.py").split()


def _base() -> str:
    for base in ("origin/main", _git("describe", "--tags", "--abbrev=0").strip(), "HEAD~1"):
        if base and _git("rev-parse", "--verify", "--quiet", base):
            return base
    raise SystemExit("There is no commit to compare with; name files: make mutate FILES=bridge/calls")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout


def _survived() -> set[str]:
    """The mutants whose last answer was that no test failed, on whatever line they are now."""
    last: dict[str, str] = {}
    for line in REPORT.read_text().splitlines() if REPORT.exists() else ():
        one = json.loads(line)
        last[one["mutant"]] = one["answer"]
    return {_anywhere(mutant) for mutant, answer in last.items() if answer in ALIVE}


def _anywhere(mutant: str) -> str:
    """Without its line: what is written above it moves it."""
    path, _, change = mutant.split(":", 2)
    return f"{path}:{change}"


def _of_room(room: str, mutants: Sequence[Mutant], tests: Callable[[], Tests], end: float) -> int:
    before = REPORT.stat().st_size if REPORT.exists() else 0
    imported = [mutant for mutant in mutants if _is_imported(mutant, tests())]
    of_files: defaultdict[str, list[Mutant]] = defaultdict(list)
    for mutant in imported:
        of_files[mutant.path].append(mutant)
    if others := [mutant for mutant in mutants if mutant not in imported]:
        _in_child(lambda: _try(others, tests(), end))
    for path, some in sorted(of_files.items()):
        _in_child(lambda path=path, some=some: _try_imported(path, some, tests(), end))  # type: ignore[misc]
    with REPORT.open() as report:
        report.seek(before)
        answers = Counter(json.loads(line)["answer"] for line in report)
    print(_score(room, answers, len(mutants)), flush=True)
    return 2 if set(answers) - DEAD - ALIVE else int(any(answers[what] for what in ALIVE))


def _is_imported(mutant: Mutant, tests: Tests) -> bool:
    return not mutant.function or tests.is_imported(mutant.path, mutant.line)


def _in_child(do: Callable[[], None]) -> None:
    """In a process of its own: what it has imported is in no other's way."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            do()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SystemExit("The run was interrupted.")


def _try_imported(path: str, mutants: Sequence[Mutant], tests: Tests, end: float) -> None:
    """Mutants of what runs as their file is imported: each child imports it, and what imports it, anew."""
    trial = _Trial(tests, run_imported, end)
    chosen = {mutant: tests.of(path, mutant.line, names_at(path, mutant.line)) for mutant in mutants}
    import_without(path, sorted({file_of(test) for some in chosen.values() for test in some}))
    for mutant in mutants:
        trial.of(mutant, lambda mutant=mutant: tests.of(path, mutant.line, names_at(path, mutant.line)))  # type: ignore[misc]


def _try(mutants: Sequence[Mutant], tests: Tests, end: float) -> None:
    """Mutants of functions: each child begins with all tests, and exchanges one function."""
    chosen = {test for mutant in mutants for test in tests.of(mutant.path, mutant.line)}

    def work(collected: Collected) -> None:
        collected.warm_up(tests.quickest(chosen), {mutant.path for mutant in mutants})
        trial = _Trial(tests, collected.run, end)
        for mutant in mutants:
            trial.of(mutant, lambda mutant=mutant: tests.of(mutant.path, mutant.line))  # type: ignore[misc]

    with_tests(sorted({file_of(test) for test in chosen}), work)


class _Runs(Protocol):
    def __call__(self, mutant: Mutant | None, tests: Sequence[str], *, seconds: float) -> Run: ...


class _Trial:
    """Runs mutants with their tests, and reports each answer, until the time is over."""

    def __init__(self, tests: Tests, run: _Runs, end: float) -> None:
        self._tests = tests
        self._run = run
        self._end = end
        self._passes: dict[str, bool] = {}

    def of(self, mutant: Mutant, tests: Callable[[], Sequence[str]]) -> None:
        """Tries a mutant with its tests, until no test is known to fail without it, too."""
        begun = time.monotonic()
        if begun > self._end:
            return
        while (run := self._answer(mutant, tests())).answer in DEAD and not self._is_sound(run.test):
            print(f"left out, as it fails without a mutant: {run.test}", file=sys.__stdout__)
            self._tests.leave_out(run.test)
        if run.answer in DEAD:
            self._tests.killed(mutant.path, run.test)
        self._report(mutant, run, time.monotonic() - begun)

    def _answer(self, mutant: Mutant, tests: Sequence[str]) -> Run:
        return self._run(mutant, tests, seconds=self._tests.seconds(tests))

    def _is_sound(self, test: str) -> bool:
        """The control: whether the test that failed passes in a forked process without a mutant."""
        if test not in self._passes:
            run = self._run(None, [test], seconds=self._tests.seconds([test]))
            self._passes[test] = run.answer == SURVIVED
        return self._passes[test]

    def _report(self, mutant: Mutant, run: Run, seconds: float) -> None:
        line = {"mutant": str(mutant), "answer": run.answer, "at": run.test, "seconds": round(seconds, 3)}
        with REPORT.open("a") as report:
            report.write(json.dumps(line) + "\n")
        if run.answer not in DEAD:
            print(f"{run.answer}: {mutant}\n{mutant.diff()}", flush=True, file=sys.__stdout__)


def _score(room: str, answers: Counter[str], of: int) -> str:
    tried, dead = answers.total(), sum(answers[what] for what in DEAD)
    low, high = interval(dead, tried)
    share = dead / tried if tried else 0
    return (
        f"{room}: {dead} of {tried} mutants were killed: {share:.1%} (95 %: {low:.1%} to {high:.1%}); "
        f"{of - tried} not tried; {dict(answers)}"
    )


def interval(dead: int, tried: int) -> tuple[float, float]:
    """Wilson's interval of a share, at 95 %."""
    if not tried:
        return 0.0, 1.0
    z, share = 1.96, dead / tried
    middle = (share + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried)) / (1 + z * z / tried)
    return middle - half, middle + half


if __name__ == "__main__":
    sys.exit(main())
