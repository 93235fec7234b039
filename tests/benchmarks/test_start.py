"""What a start takes is measured, and put down to whom it is of."""

from pathlib import Path

import pytest

from benchmarks.size import MEGABYTE, sizes
from benchmarks.start import imports, memory, starts


async def test_starts_are_timed() -> None:
    assert all(seconds > 0 for seconds in (await starts(1)).values())


@pytest.mark.slow
async def test_memory_is_measured_before_and_after_requests() -> None:
    held = await memory(requests=50, settles=0)
    assert 0 < held["idle_mb"] < held["loaded_mb"]


@pytest.mark.slow
async def test_imports_are_put_down_to_their_packages() -> None:
    took = await imports()
    assert {"bridge", "aiohttp", "sqlalchemy"} <= took.keys()
    assert took["sqlalchemy"]["ms"] > 0


def test_sizes_are_put_down_to_their_packages(tmp_path: Path) -> None:
    for name, size in {"a/x.py": MEGABYTE, "a/b/y.py": MEGABYTE, "z.py": MEGABYTE // 2}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert sizes(tmp_path) == {"a": 2.0, "z.py": 0.5}
