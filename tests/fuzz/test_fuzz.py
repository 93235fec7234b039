"""What fuzzing found stays mended, each target holds on its seeds, and a target can fail."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.fuzz import shrinking
from tests.fuzz.by_hypothesis import lines_of, search
from tests.fuzz.found import FOUND
from tests.fuzz.growing import too_slow
from tests.fuzz.target import Target
from tests.fuzz.targets.all_targets import TARGETS

EDITS = 40
"""Changed seeds of each target, the same in each run."""


def inputs(name: str) -> Iterator[bytes]:
    target = TARGETS[name]
    seeds = list(target.seeds())
    chance = random.Random(name)
    # Twenty's recordings have hundreds of texts.
    yield from chance.sample(seeds, min(len(seeds), EDITS))
    yield from FOUND.get(name, ())
    for _ in range(EDITS):
        data = chance.choice(seeds)[:1000]
        at = chance.randrange(len(data) + 1)
        yield data[:at] + chance.choice(target.words) + data[at + chance.choice((0, 0, 1, 5)) :]


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds(name: str) -> None:
    for data in inputs(name):
        TARGETS[name].check(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_twice_the_size_takes_twice_the_time(name: str) -> None:
    target = TARGETS[name]
    assert not list(too_slow(target, [*target.seeds(), *FOUND.get(name, ())]))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_hypothesis_finds_no_input_that_fails(name: str) -> None:
    assert search(TARGETS[name], seconds=5) is None


def _broken(data: bytes) -> None:
    assert b"]]>" not in data


def test_what_fails_is_found_and_made_small() -> None:
    plain = Target(work=_broken, holds=lambda _data, _found: None, seeds=lambda: iter((b"a<b",)), largest=100)
    found = search(replace(plain, read=bytes, words=(b"]]>",)), seconds=20)
    assert found is not None
    assert shrinking.shrunk(_broken, b"a<b>" + found + b"some more of it" * 9) == b"]]>"
    assert shrinking.failure_of(_broken, b"") is None


def test_what_grows_with_the_square_is_found() -> None:
    quadratic = Target(
        work=lambda text: [text.count(text[:at]) for at in range(0, len(text), 4)],
        holds=lambda _text, _found: None,
        seeds=lambda: iter((b"a",)),
        largest=8000,
    )
    assert list(too_slow(quadratic, [b"a"]))
    assert not list(too_slow(replace(quadratic, work=lambda text: text.count("a")), [b"a"]))


def test_lines_that_run_are_counted() -> None:
    check = TARGETS["twenty-webhook"].check
    assert lines_of(check, b"{") < lines_of(check, next(iter(TARGETS["twenty-webhook"].seeds())))
