"""`python -m tests.mutation`: mutants of changed files, or of others, and which of them no test notices."""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from math import sqrt
from pathlib import Path

from tests.mutation.contexts import PLACE
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.rooms import Tests, file_of, measure, near, room_of
from tests.mutation.running import BROKEN, KILLED, SURVIVED, TIMED_OUT, UNSEEN, import_tests, run

ALIVE = frozenset({SURVIVED, UNSEEN})
REPORT = PLACE / "report.jsonl"
DEAD = frozenset({KILLED, TIMED_OUT})


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
    measure(sorted({file for path in paths for file in near(path)}))
    tests = Tests(paths)
    for test in tests.failing:
        print(f"left out, as it fails without a mutant: {test}")
    answers = [_in_child(room, some, tests, end) for room, some in sorted(of_rooms.items())]
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
        yield from sorted(name.rglob("*.py")) if name.is_dir() else [name]


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


def _in_child(room: str, mutants: Sequence[Mutant], tests: Tests, end: float) -> int:
    """In a process of its own: what it has imported is in no other room's way."""
    child = os.fork()
    if child == 0:
        os._exit(_of_room(room, mutants, tests, end))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _of_room(room: str, mutants: Sequence[Mutant], tests: Tests, end: float) -> int:
    answers = Counter[str]()
    with REPORT.open("a") as report:
        for mutant, answer in _tried(mutants, tests, end):
            answers[answer] += 1
            report.write(json.dumps({"mutant": str(mutant), "answer": answer}) + "\n")
            report.flush()
            if answer not in DEAD:
                print(f"{answer}: {mutant}\n{mutant.diff()}", flush=True)
    print(_score(room, answers, len(mutants)), flush=True)
    return 2 if set(answers) - DEAD - ALIVE else int(any(answers[what] for what in ALIVE))


def _tried(mutants: Sequence[Mutant], tests: Tests, end: float) -> Iterator[tuple[Mutant, str]]:
    """Each mutant with its answer, until the time is over."""
    # First those of what runs at the import: nothing must be imported yet.
    imported = {mutant for mutant in mutants if _is_imported(mutant, tests)}
    for mutant in sorted(imported, key=str):
        if time.monotonic() < end:
            yield mutant, _answer(mutant, tests, imported=True)
    later = [mutant for mutant in mutants if mutant not in imported]
    if not later:
        return
    chosen = [tests.of(mutant.path, mutant.line, imported=False) for mutant in later]
    import_tests(sorted({file_of(test) for some in chosen for test in some}))
    for mutant in later:
        if time.monotonic() < end:
            yield mutant, _answer(mutant, tests, imported=False)


def _is_imported(mutant: Mutant, tests: Tests) -> bool:
    return not mutant.function or tests.is_imported(mutant.path, mutant.line)


def _answer(mutant: Mutant, tests: Tests, *, imported: bool) -> str:
    chosen = tests.of(mutant.path, mutant.line, imported=imported)
    answer, failed = run(mutant, chosen, seconds=tests.seconds(chosen), imported=imported)
    control = (failed,) if failed else tuple(chosen)
    if answer in DEAD and not _passes(control, tests.seconds(control)):
        return f"{BROKEN}: its tests fail without a mutant"
    return answer


@cache
def _passes(control: Sequence[str], seconds: float) -> bool:
    """The control: the test that failed, or where none is known all, in a forked process without a mutant."""
    return run(None, control, seconds=seconds)[0] == SURVIVED


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
