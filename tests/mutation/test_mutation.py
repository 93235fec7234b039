"""The driver of the mutation tests, on a bridge of one small file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import interval
from tests.mutation.mutants import mutants_of

ROOT = Path(__file__).parents[2]
SOURCE = '''\
"""A sample."""

LIMIT = 3


def is_over(number: int) -> bool:
    return number > LIMIT and number != 7


def never_run() -> int:
    return 1 + 1
'''
TESTS = """\
import pytest
from bridge.sample import is_over


@pytest.mark.parametrize(("number", "over"), [(3, False), (4, True), (9, True)])
def test_over(number, over):
    assert is_over(number) is over
"""


@pytest.mark.slow
def test_the_mutants_that_a_test_notices_die_and_the_others_are_shown(tmp_path: Path) -> None:
    source = tmp_path / "bridge/sample.py"
    source.parent.mkdir()
    source.write_text(SOURCE)
    source.with_name("__init__.py").touch()
    (tmp_path / "tests/sample").mkdir(parents=True)
    (tmp_path / "tests/sample/test_sample.py").write_text(TESTS)
    run = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "bridge/sample.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    said = run.stdout
    # Without a mutant the tests pass, in a process that was forked as for a mutant.
    assert "not run" not in said
    survivors = [line for line in said.splitlines() if line.startswith("survived: ")]
    assert survivors == [
        "survived: bridge/sample.py:7: number > LIMIT and number != 7 -> (number > LIMIT)",
        "survived: bridge/sample.py:7: 7 -> 8",
    ]
    assert "+    return (number > LIMIT)\n" in said
    assert "no test runs it: bridge/sample.py:11: 1 + 1 -> (1 - 1)" in said
    assert "sample: 6 of 12 mutants were killed: 50.0%" in said
    assert source.read_text() == SOURCE


def test_each_mutant_changes_its_file() -> None:
    for path in (ROOT / "bridge/sync/digests.py", ROOT / "bridge/inbox/reminders.py"):
        source = path.read_text()
        mutants = list(mutants_of(path))
        assert len(mutants) == len(set(mutants)) > 30
        assert all(mutant.source() != source and mutant.diff() for mutant in mutants)


def test_no_share_is_known_from_few_tries() -> None:
    low, high = interval(19, 20)
    assert 0.76 < low < 0.77
    assert 0.99 < high < 1
