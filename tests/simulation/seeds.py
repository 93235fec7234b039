"""Plays many seeds, each in a process that is forked from one that has imported everything."""

import argparse
import gc
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing.connection import wait
from pathlib import Path
from shutil import rmtree

from tests.simulation.clock import REAL_SECONDS
from tests.simulation.plan import drawn, warm_up
from tests.simulation.run import Outcome, folder_for_runs, prepare, run

Work = Callable[[], Outcome]


@contextmanager
def ready() -> Iterator[Path]:
    """The folder of the templates; this process has run a plan, and can be forked."""
    templates = folder_for_runs()
    try:
        prepare(templates)
        warmed = run(warm_up(), templates)
        if warmed.failure:
            raise SystemExit(f"The warm-up fails: {warmed.failure}")
        gc.collect()
        gc.freeze()
        yield templates
    finally:
        rmtree(templates, ignore_errors=True)


def start(work: Work, seed: int = -1) -> tuple[int, int]:
    """Forks; the child writes its outcome to the file of the answer, and ends."""
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        return child, reading
    os.close(reading)
    # A run lasts a second: looking for garbage costs a sixteenth of it, and memory is there.
    gc.disable()
    try:
        outcome = work()
    except BaseException:
        outcome = Outcome(seed, traceback.format_exc())
    with os.fdopen(writing, "w") as answer:
        json.dump(asdict(outcome) | {"sometimes": sorted(outcome.sometimes)}, answer)
    # Nothing is tidied up: killed processes' tasks would run on.
    os._exit(0)


def end(child: int, reading: int) -> Outcome:
    """The outcome of a child."""
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if not text:
        return Outcome(-1, "the process died")
    told = json.loads(text)
    return Outcome(**told | {"sometimes": set(told["sometimes"])})


def each(works: Iterable[Work], *, at_once: int) -> Iterator[Outcome]:
    """The outcomes, in the order in which they come."""
    running: dict[int, int] = {}
    for work in works:
        child, reading = start(work)
        running[reading] = child
        while len(running) >= at_once:
            yield from _ended(running)
    while running:
        yield from _ended(running)


def _ended(running: dict[int, int]) -> Iterator[Outcome]:
    for reading in wait(list(running)):
        if isinstance(reading, int):
            yield end(running.pop(reading), reading)


def shrunk(seed: int, templates: Path, dropped: frozenset[int]) -> frozenset[int]:
    """Leaves out every step without which the run fails, too."""
    for place in reversed(range(len(drawn(seed).steps))):
        if place not in dropped and replayed(seed, templates, dropped | {place}).failure:
            dropped |= {place}
    return dropped


def replayed(seed: int, templates: Path, without: frozenset[int]) -> Outcome:
    """The outcome of one seed, without some of its steps."""
    return end(*start(lambda: run(drawn(seed).without(without), templates), seed))


def main(arguments: Sequence[str] | None = None) -> None:
    """See `--help`."""
    asked = _asked(arguments)
    without = frozenset(int(place) for place in asked.without.split(",") if place)
    with ready() as templates:
        if asked.seed is not None:
            outcome = replayed(asked.seed, templates, without)
            _show(outcome, without)
            raise SystemExit(bool(outcome.failure))
        raise SystemExit(_many(asked, templates))


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="plays this one, and tells its story")
    parser.add_argument("--without", default="", help="places of steps of its plan that are left out: 0,3")
    parser.add_argument("--first", type=int, default=0, help="the first of the seeds")
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--seconds", type=float, default=0, help="at most so long; 0 is for ever")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("--without-defence", default="", help="takes a defence away: see defences.py")
    parser.add_argument("--once", action="store_true", help="ends with the first failure")
    parser.add_argument("--twice", type=int, default=0, help="so many of them again: the same stories")
    parser.add_argument("--whole", action="store_true", help="failing plans are not shrunk")
    parser.add_argument("--json", action="store_true", help="one line for all: failures, and what happened")
    return parser.parse_args(arguments)


def _many(asked: argparse.Namespace, templates: Path) -> int:
    began, failed, seen, count = REAL_SECONDS(), [], dict[str, int](), 0

    def works() -> Iterator[Work]:
        for seed in range(asked.first, asked.first + asked.seeds):
            if asked.seconds and REAL_SECONDS() - began > asked.seconds:
                return
            yield lambda seed=seed: run(drawn(seed), templates)  # type: ignore[misc]

    for outcome in each(works(), at_once=asked.jobs):
        count += 1
        for what in outcome.sometimes:
            seen[what] = seen.get(what, 0) + 1
        if outcome.failure:
            failed.append(outcome.seed)
            _explain(outcome, templates, whole=asked.whole)
            if asked.once:
                break
    for seed in range(asked.first, asked.first + asked.twice):
        first, again = (replayed(seed, templates, frozenset()) for _ in range(2))
        if first != again:
            failed.append(seed)
            _say(f"seed {seed} tells two stories")
    if asked.json:
        _say(json.dumps({"seeds": count, "failed": failed, "sometimes": seen}))
        return bool(failed)
    took = REAL_SECONDS() - began
    _say(f"{count} seeds in {took:.0f} seconds, {len(failed)} failed: {failed}")
    for what, times in sorted(seen.items()):
        _say(f"{times:6} {what}")
    return bool(failed)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _explain(outcome: Outcome, templates: Path, *, whole: bool) -> None:
    if whole:
        _show(outcome, frozenset())
        return
    dropped = shrunk(outcome.seed, templates, frozenset())
    _show(replayed(outcome.seed, templates, dropped), dropped)


def _show(outcome: Outcome, without: frozenset[int]) -> None:
    places = ",".join(str(place) for place in sorted(without))
    again = f"SEED={outcome.seed}{f' WITHOUT={places}' if places else ''}"
    verdict = f"seed {outcome.seed}: {outcome.failure or 'all holds'}"
    sys.stderr.write("\n".join([*outcome.lines, verdict, f"Again: make simulate {again}\n"]))
