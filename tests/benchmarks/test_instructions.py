"""What callgrind counted is put down to the parts of the bridge, and to the thread of the event loop."""

import shutil
from pathlib import Path

import pytest

from benchmarks import drain, drained, instructions
from benchmarks.counting.drained import Recording, Replaying
from benchmarks.counting.drained import drained as drained_by
from benchmarks.instructions import Dump
from benchmarks.parts import OTHERS, PARTS
from bridge.demo.process import sandbox_twenty
from bridge.demo.twenty import open_twenty

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


async def test_what_twenty_answered_is_enough_to_drain_the_same_calls() -> None:
    async with (
        sandbox_twenty() as twenty,
        open_twenty(twenty.url, twenty.user_token) as user,
        drain.client_of(twenty, user) as client,
    ):
        recording = Recording(client)
        await drained_by(recording, 1, 2)
    again = Recording(Replaying(recording.answers))
    await drained_by(again, 1, 2)
    assert again.answers == recording.answers
    assert [name for name, _ in again.answers].count("CreatePhoneCalls") == 2


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("valgrind"), reason="needs valgrind")
async def test_instructions_of_a_drained_call_are_counted() -> None:
    assert (await drained.measure())["thousand_instructions"] > 100
