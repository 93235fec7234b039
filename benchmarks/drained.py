"""Instructions of a drained call, which other work on the machine does not move.

`python -m benchmarks.drained --json` prints `{"thousand_instructions"}`, of all threads, from the due calls
to their settling, as `benchmarks.instructions` counts them. Twenty's answers are recorded from a sandbox
first, and replayed: requests are not counted. `--keep FOLDER` leaves callgrind's files there. It takes a
minute.
"""

import pickle
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from benchmarks import command, drain, servers
from benchmarks.counting import drained
from benchmarks.instructions import CALLGRIND, OUT, Dump, NotHere, compiled, run
from bridge.demo.process import sandbox_twenty
from bridge.demo.twenty import open_twenty

WARM_UP, CALLS = 200, 400
INSIDE = Path(drained.__file__)


async def measure(keep: Path | None = None) -> dict[str, Any]:
    """The figure; raises NotHere."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library, answers = await compiled(folder), folder / "answers"
        answers.write_bytes(pickle.dumps(await _answers()))
        python = (sys.executable, "-P", str(INSIDE), str(library), str(answers), str(WARM_UP), str(CALLS))
        env = servers.environment(PYTHONPATH=str(INSIDE.parents[2]), PYTHONHASHSEED="0")
        await run("valgrind", *CALLGRIND, *python, folder=folder, env=env)
        if keep:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
        (dump,) = (found for found in map(Dump, folder.glob(f"{OUT}*")) if found.of == "drained")
        return {"thousand_instructions": round(dump.all / CALLS / 1000, 1)}


async def _answers() -> drained.Answers:
    async with (
        sandbox_twenty() as twenty,
        open_twenty(twenty.url, twenty.user_token) as user,
        drain.client_of(twenty, user) as client,
    ):
        recording = drained.Recording(client)
        await drained.drained(recording, WARM_UP, CALLS)
        return recording.answers


def show(figures: dict[str, Any]) -> None:
    """A line."""
    print(f"a drained call takes {figures['thousand_instructions']} thousand instructions, of all threads")


if __name__ == "__main__":
    asked = command.parser(__doc__)
    asked.add_argument("--keep", type=Path)
    given = asked.parse_args()
    drain.quiet()
    try:
        command.tell(uvloop.run(measure(given.keep)), show, as_json=given.json)
    except NotHere as reason:
        sys.exit(str(reason))
