"""`twenty-bridge demo`."""

import asyncio

from rich.console import Console

from bridge.demo import show
from bridge.demo.bridge import DemoFailed
from bridge.demo.play import open_stage, play


def run(*, once: bool, as_json: bool) -> int:
    """Plays the demo; the exit status: 0 if every call arrived in Twenty as it should."""
    try:
        return asyncio.run(_run(once=once, as_json=as_json))
    except DemoFailed as failed:
        Console(stderr=True).print(str(failed), markup=False)
        return 1
    except KeyboardInterrupt:
        return 0


async def _run(*, once: bool, as_json: bool) -> int:
    console = Console()
    if not as_json:
        console.print("Starting a sandbox Twenty, a sandbox Twilio and the bridge …")
    async with open_stage() as stage:
        outcomes = await play(stage)
        if as_json:
            print(show.as_json(outcomes), flush=True)  # noqa: T201 - the one object that was asked for
        else:
            console.print(show.table(outcomes))
        if not once:
            show.where_to_look(stage, console)
            await asyncio.Event().wait()
    return 1 if show.lost(outcomes) else 0
