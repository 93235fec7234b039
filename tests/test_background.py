"""Background tasks: none ends unseen, what should go on goes on, and there is no other way to start one."""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge import background
from bridge.errors import BridgeError
from tests.support import BOUND

BRIDGE = Path(__file__).parent.parent / "bridge"
STARTS = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe"})


def started(source: str) -> Iterator[str]:
    """Each call that starts a task, but those of a TaskGroup, which waits for its own."""
    tree = ast.parse(source)
    groups = {
        ast.unparse(item.optional_vars)
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if item.optional_vars and ast.unparse(item.context_expr) == "asyncio.TaskGroup()"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = ast.unparse(node.func)
            owner, _, name = function.rpartition(".")
            if name in STARTS and owner not in groups:
                yield function


def test_every_task_begins_in_one_place() -> None:
    found = {
        str(path.relative_to(BRIDGE)): calls
        for path in BRIDGE.rglob("*.py")
        if "sandbox" not in path.parts and (calls := list(started(path.read_text(encoding="utf-8"))))
    }
    assert found == {"background.py": ["asyncio.create_task"]}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("asyncio.create_task(f())", ["asyncio.create_task"]),
        ("from asyncio import ensure_future\nensure_future(f())", ["ensure_future"]),
        ("asyncio.get_running_loop().create_task(f())", ["asyncio.get_running_loop().create_task"]),
        ("async def f():\n async with asyncio.TaskGroup() as g:\n  g.create_task(f())", []),
        ("async def f():\n async with other() as g:\n  g.create_task(f())", ["g.create_task"]),
    ],
)
def test_a_planted_task_is_found(source: str, found: list[str]) -> None:
    assert list(started(source)) == found


async def test_what_fails_begins_again_and_is_logged() -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise RuntimeError("a bug")

    with capture_logs() as lines:
        await asyncio.wait_for(background.keep_running(work, name="the work"), BOUND)
    assert tries == 3
    assert [(line["event"], line["task"], line["restarts_in"]) for line in lines] == [
        ("task.failed", "the work", 0.1),
        ("task.failed", "the work", 0.2),
    ]


@pytest.mark.parametrize(
    ("failure", "logged"), [(RuntimeError("a bug"), 1), (BridgeError("told to who waits"), 0)]
)
async def test_the_failure_of_a_task_that_nothing_waits_for_is_logged(
    failure: Exception, logged: int
) -> None:
    async def work() -> None:
        raise failure

    with capture_logs() as lines:
        await asyncio.wait([background.start(work(), name="the work")])
        await asyncio.sleep(0)
    assert len(lines) == logged
    assert all(line["task"] == "the work" and line["exc_info"] is failure for line in lines)


async def test_what_is_stopped_has_ended() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    tasks = [background.keep_running(work, name="one"), background.start(work(), name="two")]
    await asyncio.sleep(0)
    await background.stop(*tasks)
    assert ended.is_set()
    assert all(task.cancelled() for task in tasks)
