"""What callgrind counted is put down to the parts of the bridge, and to the thread of the event loop."""

import shutil
from pathlib import Path

import pytest

from benchmarks import instructions
from benchmarks.instructions import Dump
from benchmarks.parts import OTHERS, PARTS

LOG, METRICS = list(PARTS)[:2]
DUMPED = """\
desc: Trigger: Client Request: parts token
events: Ir
fn=(1) main
16 400
cfn=(2) leave_0
calls=1 16
16 600
fn=(2)
1 0
cfn=(3) enter_1
calls=1 1
1 600
fn=(4) enter_1'2
cfn=(5) eval
calls=2 1
1 500
fn=(3)
cfn=(5)
calls=2 1
1 100
fn=(6) leave_1
cfn=(7) enter_2
calls=3 1
1 250
fn=(7)
cfn=(5)
calls=3 1
1 250
summary: 1000
"""


def test_a_part_is_what_was_taken_from_entering_it_on_without_the_parts_within(tmp_path: Path) -> None:
    (tmp_path / "counted").write_text(DUMPED)
    dump = Dump(tmp_path / "counted")
    found = dump.parts()
    assert (dump.of, dump.all) == ("parts token", 1000)
    assert (found[LOG], found[METRICS], found[OTHERS]) == (350, 250, 400)


async def test_without_valgrind_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(instructions.NotHere, match="valgrind is not installed"):
        await instructions.measure()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("valgrind"), reason="needs valgrind")
async def test_instructions_are_counted() -> None:
    found = await instructions.measure(requests=16)
    for figures in found.values():
        assert figures["bare"] < figures["loop"] <= figures["all"]
        assert sum(figures["parts"].values()) == pytest.approx(figures["loop"], rel=0.01)
        assert figures["parts"]["aiohttp"] > figures["parts"]["log"] > 0
