"""Plays many seeds, a few in each process that is forked from one that has imported everything."""

import argparse
import gc
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from shutil import rmtree
from typing import Any

from tests.simulation.clock import REAL_SECONDS
from tests.simulation.plan import drawn, warm_up
from tests.simulation.run import Outcome, folder_for_runs, prepare, run

Work = Callable[[], Outcome]

TOGETHER = 5
"""Runs of one process, one after the other: to fork costs a sixth of a run."""


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


def start(works: Sequence[Work]) -> tuple[int, int]:
    """Forks; the child writes the outcomes to the file of the answer, a line each, and ends."""
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        return child, reading
    os.close(reading)
    # Runs are short: looking for garbage costs a sixteenth of them, and memory is there.
    gc.disable()
    with os.fdopen(writing, "w") as answer:
        for work in works:
            answer.write(f"{json.dumps(_told(work))}\n")
    # Nothing is tidied up: killed processes' tasks would run on.
    os._exit(0)


def _told(work: Work) -> dict[str, Any]:
    try:
        outcome = work()
    except BaseException:
        outcome = Outcome(-1, traceback.format_exc())
    return asdict(outcome) | {"sometimes": sorted(outcome.sometimes)}


def end(child: int, reading: int) -> list[Outcome]:
    """The outcomes of a child."""
    with os.fdopen(reading) as answer:
        told = [json.loads(line) for line in answer]
    _, status = os.waitpid(child, 0)
    died = [Outcome(-1, "the process died")] if status else []
    return [Outcome(**one | {"sometimes": set(one["sometimes"])}) for one in told] + died


def each(works: Iterable[Work], *, at_once: int) -> Iterator[Outcome]:
    """The outcomes, in the order in which they come."""
    running: dict[int, int] = {}
    left = iter(works)
    while some := list(islice(left, TOGETHER)):
        child, reading = start(some)
        running[reading] = child
        while len(running) >= at_once:
            yield from _ended(running)
    while running:
        yield from _ended(running)


def _ended(running: dict[int, int]) -> Iterator[Outcome]:
    for reading in wait(list(running)):
        if isinstance(reading, int):
            yield from end(running.pop(reading), reading)


def shrunk(seed: int, templates: Path, dropped: frozenset[int]) -> frozenset[int]:
    """Leaves out every step without which the run fails, too."""
    for place in reversed(range(len(drawn(seed).steps))):
        if place not in dropped and replayed(seed, templates, dropped | {place}).failure:
            dropped |= {place}
    return dropped


def replayed(seed: int, templates: Path, without: frozenset[int]) -> Outcome:
    """The outcome of one seed, without some of its steps."""
    (outcome,) = end(*start([lambda: run(drawn(seed).without(without), templates)]))
    return outcome


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
    parser.add_argument("--every", type=int, default=1, help="plays only every n-th: 19 for one combination")
    parser.add_argument("--seconds", type=float, default=0, help="at most so long; 0 is for ever")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("--without-defence", default="", help="takes a defence away: see defences.py")
    parser.add_argument("--once", action="store_true", help="ends with the first failure")
    parser.add_argument("--twice", type=int, default=0, help="so many of them again, alone: the same stories")
    parser.add_argument("--whole", action="store_true", help="failing plans are not shrunk")
    parser.add_argument("--json", action="store_true", help="one line for all: failures, and what happened")
    return parser.parse_args(arguments)


def _many(asked: argparse.Namespace, templates: Path) -> int:
    began, failed, seen, count = REAL_SECONDS(), [], dict[str, int](), 0

    def works() -> Iterator[Work]:
        for seed in range(asked.first, asked.first + asked.seeds * asked.every, asked.every):
            if asked.seconds and REAL_SECONDS() - began > asked.seconds:
                return
            yield lambda seed=seed: run(drawn(seed), templates)  # type: ignore[misc]

    for outcome in each(works(), at_once=asked.jobs):
        count += 1
        if asked.first <= outcome.seed < asked.first + asked.twice and outcome != replayed(
            outcome.seed, templates, frozenset()
        ):
            failed.append(outcome.seed)
            _say(f"seed {outcome.seed} tells two stories")
        for what in outcome.sometimes:
            seen[what] = seen.get(what, 0) + 1
        if outcome.failure:
            failed.append(outcome.seed)
            _explain(outcome, templates, whole=asked.whole)
            if asked.once:
                break
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
