"""Seeds hold and repeat themselves, and a defence that is taken away is missed.

`make simulate` plays more of them: docs/proof.md.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.defences import DEFENCES

slow = pytest.mark.slow

FEW, IN_FEW = 200, 100
"""Seeds in all, and of one test: where there are several tests, cores share them."""

MANY, IN_MANY = 10_000, 500
ENOUGH = 200
"""Of which one misses a defence that is gone: most of them do within ten."""

SOON = frozenset(
    {"killed while Twenty was asked", "a relink made a call due", "the worker waited: twenty.unavailable"}
)
"""What few seeds do already."""

SOMETIMES = SOON | {
    "a disk stood still",
    "a disk was full",
    "a late callback got 204",
    "a person with calls was deleted",
    "a relink while the worker asked Twenty",
    "a user deleted a call while Twenty was asked",
    "a user deleted a person while a call was first written",
    "a user moved a call while Twenty was asked",
    "an operator erased a call",
    "a user deleted a call",
    "a user moved a call",
    "frozen while Twenty was asked",
    "half twenty→bridge",
    "killed before a callback was acknowledged",
    "killed with calls that are due",
    "lost bridge→twilio",
    "lost twenty→bridge",
    "stopped before a callback was acknowledged",
    "stopped while Twenty was asked",
    "stopped with requests under way",
    "the bridge asked for people who were changed, and a call was due",
    "the webhook told of a moved call",
    "the worker waited: twenty.over_limit",
}
"""What has to happen in some of many: a plan that never does it proves nothing about it."""


def simulate(*words: str) -> "subprocess.CompletedProcess[str]":
    """`python -m tests.simulation`, in a process of its own: it replaces the clocks."""
    command = [sys.executable, "-m", "tests.simulation", *words]
    folder = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=os.environ, check=False)


def played(*words: str) -> dict[str, Any]:
    """What many seeds came to; the stories of those that fail are shown."""
    done = simulate("--json", *words)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


SEEDS = [
    *((first, IN_FEW, SOON) for first in range(0, FEW, IN_FEW)),
    *(pytest.param(first, IN_MANY, SOMETIMES, marks=slow) for first in range(FEW, MANY, IN_MANY)),
]


@pytest.mark.parametrize(("first", "seeds", "sometimes"), SEEDS)
def test_all_seeds_hold_and_what_is_interesting_happens(
    first: int, seeds: int, sometimes: frozenset[str]
) -> None:
    outcome = played("--first", str(first), "--seeds", str(seeds), "--twice", "1", "--jobs", "1")
    assert outcome["seeds"] == seeds
    assert sometimes - set(outcome["sometimes"]) == set()


@slow
def test_a_seed_tells_the_same_story_in_another_process() -> None:
    first, again = (simulate("--seed", "8").stderr for _ in range(2))
    assert len(first.splitlines()) > 20
    assert first == again


@pytest.mark.parametrize("name", sorted(DEFENCES))
def test_defences_are_where_they_were(name: str) -> None:
    defence = DEFENCES[name]
    assert defence.taken_from(defence.path.read_text()) != defence.path.read_text()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "acknowledges after the commit" else slow)
        for name in sorted(DEFENCES)
    ],
)
def test_a_seed_notices_that_a_defence_is_gone(name: str) -> None:
    first, every = str(DEFENCES[name].first), str(DEFENCES[name].every)
    seeds = ("--first", first, "--every", every, "--seeds", str(ENOUGH))
    done = simulate(*seeds, "--once", "--whole", "--without-defence", name)
    assert done.returncode == 1, done.stdout
    # Some are missed before the first seed.
    assert "Again: make simulate SEED=" in done.stderr or "The warm-up fails" in done.stderr
