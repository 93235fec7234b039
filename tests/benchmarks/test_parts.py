"""The parts that take long run all the same; what they find is not looked at closely."""

from pathlib import Path

import pytest

from benchmarks import acts, backlog, drain, durable, history, takeover
from benchmarks.servers import bare_aiohttp


async def test_drain() -> None:
    found = await drain.measure(calls=200, naive_calls=3, samples=2)
    assert found["calls_per_root_field"] > 50 * found["naive_calls_per_root_field"]


@pytest.mark.slow
async def test_history() -> None:
    found = await history.measure(["sqlite"], [0, 400], rounds=1)
    assert found["sqlite"]["400"]["keep_cpu_us"] > 0


@pytest.mark.slow
async def test_durable() -> None:
    found = await durable.measure({8: 40}, rounds=1, peer=bare_aiohttp)
    assert found["8"]["postgresql"]["database_cpu_us"] >= 0


@pytest.mark.slow
async def test_backlog() -> None:
    found = await backlog.measure(400, seconds=1)
    assert found["most_mb"] >= found["idle_mb"] > 0


@pytest.mark.slow
async def test_acts() -> None:
    """The table of docs/performance.md; how often Twilio is asked depends on its speed."""
    told = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in told.splitlines() if "|" in line]
    table = {
        row[0]: (int(row[1]), int(row[3]), int(row[4])) for row in rows if len(row) == 5 and row[1].isdigit()
    }
    found = await acts.measure()
    counted = {one["act"]: (one["webhooks"], one["legs"], one["participants"]) for one in found["acts"]}
    assert {name: table.get(name) for name in counted} == counted


@pytest.mark.slow
async def test_takeover() -> None:
    assert (await takeover.measure(1))["longest_s"] > 0
