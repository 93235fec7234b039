"""Whether `serve` holds ever more: objects, tasks, files and memory, round after round of the same load.

`python -m benchmarks.leaks --rounds 4 --calls 1000` plays rounds of scripted calls. With each call a page
fetches a token, asks who calls, opens a stream of events and leaves it, and a client goes away in the middle
of a request. After each round, when Twenty shows all calls, the bridge's process says what it holds. What
grew in each of the last rounds is printed, by type, by task, by file, and by line of the source.
"""

import argparse
import asyncio
import gc
import itertools
import json
import os
import random
import signal
import sys
import tracemalloc
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from benchmarks.memory import resident_mb
from benchmarks.soak import script
from benchmarks.stage import Stage, open_stage
from bridge.demo.bridge import WIDGET_KEY, fetch_token
from bridge.sandbox.twilio import Delivery, PlayedCall
from bridge.sandbox.twilio.load import LoadPlan, run_load

LINES = 2_000
"""Of the source, those that hold the most."""

AT_REST_SECONDS = 20
"""Connections that are kept alive close, and what is due soon is done."""
ROOT = Path(__file__).parents[1]
UNLIMITED = "tokens: {per_agent: 100000, per_address: 100000}\n"
HEADERS = {"Authorization": f"Bearer {WIDGET_KEY}"}

WATCHES = """\
import sys
if "serve" in sys.orig_argv:
    from pathlib import Path
    from benchmarks.leaks import watch
    watch(Path({out!r}))
"""

Held = dict[str, dict[str, float]]


def watch(out: Path) -> None:
    """In the bridge's process: at SIGUSR1 it writes what it holds; memory is traced from the first one on."""
    # The handler runs inside the loop.
    signal.signal(signal.SIGUSR1, lambda *_: _write(out))


def _write(out: Path) -> None:
    gc.collect()
    tracemalloc.start()
    written = out.with_suffix(".new")
    written.write_text(json.dumps(held()))
    written.rename(out)


def held() -> Held:
    """Counts by type of what the garbage collector knows, tasks by name, files by kind, bytes by line."""
    objects = gc.get_objects()
    return {
        "objects": dict(Counter(_name(type(one)) for one in objects)),
        "tasks": dict(Counter(task.get_name().rstrip("0123456789") for task in asyncio.all_tasks())),
        "files": dict(Counter(_files())),
        "bytes": _bytes(),
        "memory": {"resident MB": resident_mb()},
    }


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _files() -> list[str]:
    links = []
    for path in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(path.readlink()).partition("[")[0])
        except OSError:
            continue
    return links


def _bytes() -> dict[str, float]:
    if not tracemalloc.is_tracing():
        return {}
    snapshot = tracemalloc.take_snapshot()
    ours = snapshot.filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])
    return {
        f"{line.traceback[0].filename}:{line.traceback[0].lineno}": line.size
        for line in ours.statistics("lineno")[:LINES]
    }


async def asked(stage: Stage, out: Path) -> Held:
    """What the bridge holds now."""
    out.unlink(missing_ok=True)
    os.kill(stage.bridge.pid, signal.SIGUSR1)
    async with asyncio.timeout(120):
        while not out.exists():
            # The process looks at signals when something wakes it.
            async with aiohttp.request("GET", f"{stage.bridge.url}/health"):
                await asyncio.sleep(0.2)
    found: Held = json.loads(out.read_text())
    return found


async def page(stage: Stage, number: str, session: aiohttp.ClientSession) -> None:
    """What a phone page asks around a call; then it goes away, once in order and once in mid-request."""
    url = stage.bridge.url
    await fetch_token(url, "alice")
    for path in (f"/api/callers/{number.lstrip('+')}", "/api/me?identity=alice"):
        async with session.get(url + path) as answer:
            await answer.read()
    async with session.get(f"{url}/api/events?identity=alice") as stream:
        await stream.content.readany()
    host, _, port = url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.transport.abort()


async def one_round(stage: Stage, number: int, calls: int, session: aiohttp.ClientSession) -> Sequence[str]:
    """What is wrong in Twenty after it."""
    chance = random.Random(number)
    scripts = [script(each, chance) for each in range(calls)]

    async def place(each: int) -> PlayedCall:
        await page(stage, scripts[each].to, session)
        return await stage.play(scripts[each])

    await run_load(stage.twilio, LoadPlan(calls=calls, rate=200, at_once=50, seed=number), place)
    wrong = await stage.until_right()
    stage.played.clear()
    stage.twilio.account.calls.clear()
    await asyncio.sleep(AT_REST_SECONDS)
    return wrong


async def measure(rounds: int, calls: int) -> list[Held]:
    """What the bridge holds after each round."""
    found = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "held.json"
        # Python runs it at each start of a process that has the folder on its path.
        (folder / "sitecustomize.py").write_text(WATCHES.format(out=str(out)))
        os.environ["PYTHONPATH"] = os.pathsep.join((name, str(ROOT)))
        async with (
            open_stage(config=UNLIMITED, delivery=Delivery(seed=1, shuffle=True, duplicate=0.2)) as stage,
            aiohttp.ClientSession(headers=HEADERS) as session,
        ):
            for number in range(rounds):
                if wrong := await one_round(stage, number, calls, session):
                    raise SystemExit(f"{len(wrong)} calls are wrong, the first: {wrong[0]}")
                found.append(await asked(stage, out))
                print(f"round {number}: {summary(found[-1])}", file=sys.stderr, flush=True)
    return found


def summary(one: Held) -> Mapping[str, Any]:
    """Its sums."""
    return {
        "objects": sum(one["objects"].values()),
        "tasks": sum(one["tasks"].values()),
        "files": sum(one["files"].values()),
        "traced MB": round(sum(one["bytes"].values()) / 2**20, 2),
        "resident MB": round(one["memory"]["resident MB"], 1),
    }


def grown(found: Sequence[Held], kind: str, *, least: float) -> list[tuple[str, list[float]]]:
    """What is more after each of the last rounds than after the one before, by `least` in each."""
    names = set().union(*(one[kind] for one in found))
    series = {name: [one[kind].get(name, 0) for one in found[1:]] for name in names}
    steady = {
        name: values
        for name, values in series.items()
        if all(after - before >= least for before, after in itertools.pairwise(values))
    }
    return sorted(steady.items(), key=lambda item: item[1][0] - item[1][-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--calls", type=int, default=1000)
    options = parser.parse_args()
    found = asyncio.run(measure(options.rounds, options.calls))
    for number, one in enumerate(found):
        print(json.dumps({"round": number, **summary(one)}))
    for kind, least in (("objects", options.calls / 20), ("tasks", 1), ("files", 1), ("bytes", 4096)):
        for name, values in grown(found, kind, least=least)[:25]:
            print(f"{kind}: {name}: {values}")


if __name__ == "__main__":
    main()
