"""Instructions of a request, which other work on the machine does not move: valgrind's callgrind counts them.

`python -m benchmarks.instructions --json` prints `{"token"|"voice"|"status": {"loop", "all", "bare",
"parts": {"<part>": …}}}`, each in thousands a request: of the event loop's thread, of all threads, of an
aiohttp handler that only reads the body, and of the event loop's thread by part. With `--beside
/another/checkout` it prints `{"ours", "other"}` of these.

The application is called in process, through a transport that gathers what is written, so that system calls
of sockets are not in it; SQLite and the log are. A token repeats to half a hundredth. Of a status callback
and TwiML `all` differs by the number of commits, and `loop` by a hundredth. By part Python inlines no calls
of functions and so takes a tenth more: parts are scaled to `loop`. It needs valgrind, a C compiler and
Python's headers, and takes a minute or two. `--keep FOLDER` leaves callgrind's files there, for kcachegrind
and callgrind_annotate.
"""

import asyncio
import json
import shutil
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from benchmarks import command, servers
from benchmarks.parts import OTHERS, PARTS
from benchmarks.requests import KINDS

HERE = Path(__file__).parent
INSIDE = HERE / "counting" / "inside.py"
SOURCE = HERE / "counting" / "counting.c"
REQUESTS = 320
WARM_UP = 64
OUT = "counted"
CALLGRIND = (
    "--tool=callgrind",
    "--instr-atstart=no",
    f"--callgrind-out-file={OUT}",
    "--log-file=valgrind.log",
)
BY_THREAD = "--separate-threads=yes"
"""A dump is then of the thread alone that asks for it; without, of all threads."""

CONFIG = "metrics: {enabled: false}\nlog: {json_lines: true}\n"

Found = dict[str, Any]


class NotHere(Exception):
    """The machine lacks a tool; the message names it."""


async def measure(
    checkout: Path = HERE.parent, *, requests: int = REQUESTS, keep: Path | None = None
) -> Found:
    """The figures of one checkout; raises NotHere."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library = await compiled(folder)
        given = _requests(requests)
        loop, every = await asyncio.gather(
            _count(folder / "loop", given, library, checkout, BY_THREAD),
            _count(folder / "all", {**given, "warm_up_parts": {}, "by_part": {}}, library, checkout),
        )
        if keep:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
        return {kind: _figures(kind, loop, every, requests * 1000) for kind in KINDS}


async def _count(
    folder: Path, given: Found, library: Path, checkout: Path, *options: str
) -> dict[str, "Dump"]:
    """Mark, such as `bridge token` → what was counted up to it."""
    folder.mkdir()
    (folder / "requests").write_text(json.dumps(given))
    (folder / "config.yaml").write_text(servers.CONFIG + CONFIG)
    python = (sys.executable, "-P", str(INSIDE), str(library), "requests")
    env = servers.environment(
        PYTHONPATH=str(checkout.resolve()),
        PYTHONHASHSEED="0",
        BRIDGE_DATABASE_URL=f"sqlite+aiosqlite:///{folder / 'bridge.db'}",
    )
    await run("valgrind", *CALLGRIND, *options, *python, folder=folder, env=env)
    return {dump.of: dump for dump in map(Dump, folder.glob(f"{OUT}*"))}


async def compiled(folder: Path) -> Path:
    for tool in ("valgrind", "cc"):
        if not shutil.which(tool):
            raise NotHere(f"Instructions are not counted: {tool} is not installed.")
    library = folder / "counting.so"
    words = ("-shared", "-fPIC", "-O1", "-fno-optimize-sibling-calls", "-fno-ipa-icf")
    include = sysconfig.get_path("include")
    try:
        await run("cc", *words, f"-I{include}", str(SOURCE), "-o", str(library), folder=folder)
    except RuntimeError as failed:
        raise NotHere(f"Instructions are not counted: headers of Python or valgrind lack. {failed}") from None
    return library


async def run(*words: str, folder: Path, env: Mapping[str, str] | None = None) -> None:
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, env=env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}: {told.decode()[-2000:]}")


def _requests(many: int) -> dict[str, Any]:
    """What the process within gets: places of parts with their numbers, and requests, none of them twice."""
    numbered = [(f"/{place}", n) for n, places in enumerate(PARTS.values(), 1) for place in places]
    wires = {
        name: {kind: [make(first + n).wire.decode() for n in range(count)] for kind, make in KINDS.items()}
        for name, first, count in (
            ("warm_up", 0, WARM_UP),
            ("counted", 10_000, many),
            ("warm_up_parts", 20_000, WARM_UP),
            ("by_part", 30_000, many),
        )
    }
    return {"places": [place for place, _ in numbered], "parts": [n for _, n in numbered], **wires}


class Dump:
    """A file of callgrind's: what a thread took between two marks.

    https://valgrind.org/docs/manual/cl-format.html
    """

    def __init__(self, path: Path) -> None:
        self.of, self.all = "", 0
        self.inclusive = Counter[str]()
        """What calls made by each function took."""
        with path.open() as lines:
            self._read(lines)

    def _read(self, lines: Iterator[str]) -> None:
        names: dict[str, str] = {}
        function = ""
        for line in lines:
            key, _, value = line.rstrip().partition("=" if "=" in line else ":")
            match key:
                case "desc" if value.startswith(" Trigger: Client Request: "):
                    self.of = value.rpartition(": ")[2]
                case "summary" | "totals":
                    self.all = int(value)
                case "fn" | "cfn":
                    number, _, name = value.partition(" ")
                    # `'2` stands behind a function that called itself.
                    name = names.setdefault(number, name).partition("'")[0]
                    function = name if key == "fn" else function
                case "calls":
                    self.inclusive[function] += int(next(lines).split()[-1])

    def parts(self) -> dict[str, int]:
        """By part: what was taken from entering it on, less what was taken from leaving it on."""
        took = {
            part: self.inclusive[f"enter_{n}"] - self.inclusive[f"leave_{n}"]
            for n, part in enumerate(PARTS, 1)
        }
        return {**took, OTHERS: self.all - sum(took.values())}


def _figures(kind: str, loop: Mapping[str, Dump], every: Mapping[str, Dump], thousands: int) -> Found:
    ours, by_part = loop[f"bridge {kind}"], loop[f"parts {kind}"]
    scale = ours.all / by_part.all / thousands
    return {
        "loop": round(ours.all / thousands, 1),
        "all": round(every[f"bridge {kind}"].all / thousands, 1),
        "bare": round(loop[f"bare {kind}"].all / thousands, 1),
        "parts": {part: round(took * scale, 1) for part, took in by_part.parts().items()},
    }


def show(found: Found) -> None:
    """A table, or two and their ratios."""
    if not found.keys() & {"ours", "other"}:
        _table(found)
        return
    for name, figures in found.items():
        print(name)
        _table(figures)
    ratios = {kind: ours["loop"] / found["other"][kind]["loop"] for kind, ours in found["ours"].items()}
    print(
        f"{'ours beside the other, event loop':40}" + "".join(f"{ratio:10.3f}" for ratio in ratios.values())
    )


def _table(figures: Mapping[str, Any]) -> None:
    print(f"| thousand instructions a request | {' | '.join(figures)} |")
    print(f"| --- |{' ---: |' * len(figures)}")
    rows = {
        **{part: [found["parts"][part] for found in figures.values()] for part in (*PARTS, OTHERS)},
        "all of the event loop's thread": [found["loop"] for found in figures.values()],
        "all threads": [found["all"] for found in figures.values()],
        "aiohttp, bare": [found["bare"] for found in figures.values()],
    }
    for name, row in rows.items():
        print(f"| {name} | {' | '.join(f'{figure:.0f}' for figure in row)} |")


async def compare(other: Path | None, keep: Path | None, requests: int) -> Found:
    """This checkout's figures, and the other's where there is one."""
    ours = await measure(requests=requests, keep=keep)
    return {"ours": ours, "other": await measure(other, requests=requests)} if other else ours


if __name__ == "__main__":
    asked = command.parser(__doc__)
    asked.add_argument("--beside", type=Path)
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--requests", type=int, default=REQUESTS)
    given = asked.parse_args()
    try:
        command.tell(uvloop.run(compare(given.beside, given.keep, given.requests)), show, as_json=given.json)
    except NotHere as reason:
        sys.exit(str(reason))
