"""One run: the plan is played, everything heals, and then the invariants must hold."""

import asyncio
import gc
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import rmtree

from tests.simulation import invariants
from tests.simulation.clock import CHANCE, CLOCK
from tests.simulation.network import NetworkedLoop
from tests.simulation.plan import Plan
from tests.simulation.player import Player
from tests.simulation.story import Story
from tests.simulation.world import World, due, make_templates, open_world, unheard

MEMORY = Path("/dev/shm")

_played: list[NetworkedLoop] = []
"""Kept, with their tasks: those of killed processes would run on as they are collected."""

HEALS_WITHIN = 1800.0
"""Seconds after the last fault, in which all has to come to rest: Twenty's limit and back-offs included."""

LATE, SOON = 75.0, 12.0
"""Seconds for which nothing may be due: an uncertain write is repeated after a minute.

Where Twenty carries out no write late, most plans do without that minute: it takes a third of their time.
"""


@dataclass
class Outcome:
    """What came of a run: `failure` is empty where all invariants held."""

    seed: int
    failure: str
    lines: list[str] = field(default_factory=list)
    sometimes: set[str] = field(default_factory=set)
    seconds: float = 0.0
    """Virtual ones."""
    steps: int = 0


def folder_for_runs() -> Path:
    """A new folder, in memory where there is such a place."""
    return Path(tempfile.mkdtemp(prefix="simulation", dir=MEMORY if MEMORY.is_dir() else None))


def prepare(templates: Path) -> None:
    """Makes the databases with which each run begins."""
    _start("templates")
    Story().listen()
    loop = NetworkedLoop(Random(0), shuffles=False)
    asyncio.set_event_loop(loop)
    loop.run_until_complete(make_templates(loop, templates))


def run(plan: Plan, templates: Path) -> Outcome:
    """Plays a plan in this process, which can do nothing else afterwards than to play others."""
    _start(plan.seed)
    story, folder = Story(), folder_for_runs()
    story.listen()
    loop = NetworkedLoop(Random(f"order of {plan.seed}"), shuffles=plan.shuffles)
    asyncio.set_event_loop(loop)
    _played.append(loop)
    try:
        loop.run_until_complete(_play(loop, story, folder, plan, templates))
        # A failure that nothing has asked for is told when its future is collected.
        gc.collect()
        failure = "; ".join([*story.errors, *loop.unhandled])
    except Exception as error:
        failure = f"{_described(error)}{''.join(f'; {other}' for other in story.errors)}"
    finally:
        rmtree(folder, ignore_errors=True)
    for what in loop.network.tampered:
        story.once(what)
    return Outcome(plan.seed, failure, story.lines, story.sometimes, CLOCK.now, loop.steps)


def _start(seed: object) -> None:
    CLOCK.now = 0.0
    CHANCE.seed(seed)


def _described(error: Exception) -> str:
    if isinstance(error, AssertionError):
        return str(error)
    return "".join(traceback.format_exception(error)[-8:])


async def _play(loop: NetworkedLoop, story: Story, folder: Path, plan: Plan, templates: Path) -> None:
    async with open_world(loop, story, folder, plan, templates) as world:
        await world.start()
        player = Player(world, plan)
        began = loop.time()
        for step in plan.steps:
            await asyncio.sleep(max(0.0, began + step.at - loop.time()))
            story.tell(f"» {step}", who="plan")
            await player.play(step)
        await player.heal()
        # A minute after a start the bridge asks which people were changed, as it does every 15 minutes.
        if player.people_changed_untold:
            await world.restart()
        waits_long = plan.waits_long or player.people_changed_untold
        await come_to_rest(world, LATE if waits_long else SOON)
        await invariants.check(world, player)
        world.terminate()
        await world.stopped()
        await invariants.check_database(world)


async def come_to_rest(world: World, at_rest: float) -> None:
    """Waits until all calls are over and all that is known is in Twenty, for a while."""
    loop = world.loop
    until, since = loop.time() + HEALS_WITHIN, loop.time()
    while loop.time() - since < at_rest:
        await asyncio.sleep(3)
        if not all(call.done() for call in world.calls) or due(world.database) or unheard(world):
            since = loop.time()
        assert loop.time() < until, (
            f"{HEALS_WITHIN:.0f} seconds after the last fault the work is not done: "
            f"{due(world.database)} calls are due or open, {sum(not c.done() for c in world.calls)} go on, "
            f"of {unheard(world)} the bridge has not heard"
        )
    for call in world.calls:
        call.result()
