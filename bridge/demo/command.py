"""`twenty-bridge demo`."""

import asyncio
import signal

from rich.console import Console

from bridge.demo import show
from bridge.demo.play import open_stage, play
from bridge.demo.process import ProcessFailed


def run(*, once: bool, as_json: bool) -> int:
    """Plays the demo; the exit status: 0 if every call arrived in Twenty as it should."""
    try:
        return asyncio.run(_run(once=once, as_json=as_json))
    except ProcessFailed as failed:
        Console(stderr=True).print(str(failed), markup=False)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0


async def _run(*, once: bool, as_json: bool) -> int:
    _end_in_order_on(signal.SIGTERM)
    # A terminal that is closed; under nohup it is ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        _end_in_order_on(signal.SIGHUP)
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
            await show.where_to_look(stage, console)
            await asyncio.Event().wait()
    return 1 if show.lost(outcomes) else 0


def _end_in_order_on(number: signal.Signals) -> None:
    """As asyncio does on Ctrl-C: the bridge is a process of its own, and would stay."""
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
