"""What a process holds is counted, and what grows in each round is found."""

import asyncio
from pathlib import Path

from benchmarks.leaks import grown, held


class Left:
    """An object that is never let go."""


async def test_what_is_left_is_counted(tmp_path: Path) -> None:
    waiting = asyncio.create_task(asyncio.Event().wait(), name="waits for ever")
    kind = f"{Left.__module__}.{Left.__qualname__}"
    left: list[Left] = []
    rounds = []
    with (tmp_path / "opened").open("w"):
        for _ in range(4):
            left += [Left() for _ in range(20)]
            rounds.append(held())
    waiting.cancel()
    assert rounds[-1]["objects"][kind] == 80
    assert rounds[-1]["tasks"]["waits for ever"] == 1
    assert rounds[-1]["files"][str(tmp_path / "opened")] == 1
    # The first round warms up.
    assert (kind, [40, 60, 80]) in grown(rounds, "objects", least=20)
    assert not [name for name, _ in grown(rounds, "tasks", least=1)]
