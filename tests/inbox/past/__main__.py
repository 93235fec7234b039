"""Stores an inbox of each past version that has none yet: python -m tests.inbox.past [NAME …]

A name that is no tag yet, as `make release` has one, is that of the last commit.
"""

import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.inbox.past.code import ROOT, code_of, git, last_commits
from tests.inbox.past.story import stored_by

STORED = Path(__file__).parent / "stored"
NEXT = ",\n"
ROOM_OF_ROOMS = "bridge/wiring/__init__.py"


def wanted() -> dict[str, str]:
    """Name → commit: each revision of the database, the commit before the rooms were renamed, each tag."""
    renamed = git("log", "--diff-filter=A", "--format=%H", "--", ROOM_OF_ROOMS).splitlines()[-1]
    tags = {tag: tag for tag in git("tag").splitlines()}
    return last_commits() | {"renamed": git("rev-parse", f"{renamed}^")} | tags


def places() -> dict[str, int]:
    """Of those that are stored: what their people's telephone numbers have, so that none has another's."""
    states = {path.stem: json.loads(path.read_text())["before"] for path in STORED.glob("*.json")}
    return {
        name: int(state["people"][0]["phones"]["primaryPhoneNumber"][-4:-2]) for name, state in states.items()
    }


async def main(names: list[str]) -> None:
    """Those that are named, or those that are missing."""
    coming = dict.fromkeys(names, "HEAD")
    for name, commit in (coming | wanted()).items():
        if name in names or (not names and not STORED.joinpath(f"{name}.sql").exists()):
            taken = places()
            place = taken.get(name, max(taken.values()) + 1)
            code = code_of(commit, ROOT / ".venv" / "past")
            with TemporaryDirectory(prefix="past-") as folder:
                sql, told = await stored_by(code, place=place, folder=Path(folder))
            STORED.joinpath(f"{name}.sql").write_text(sql)
            told = {"commit": git("rev-parse", commit)} | told
            STORED.joinpath(f"{name}.json").write_text(a_record_a_line(told))
            sys.stdout.write(f"{name}: {len(sql)} bytes\n")


def a_record_a_line(told: dict[str, Any]) -> str:
    """JSON of which git shows what changed."""
    parts = [f'"{key}": {json.dumps(told[key])}' for key in ("commit", "played")]
    for moment in ("before", "after"):
        kinds = [
            f'"{kind}": [{NEXT.join(map(json.dumps, records))}]' for kind, records in told[moment].items()
        ]
        parts.append(f'"{moment}": {{\n{NEXT.join(kinds)}}}')
    return f"{{\n{NEXT.join(parts)}\n}}\n"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
