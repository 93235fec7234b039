"""Defences of the bridge, each of which a run can do without: then some seed must notice.

`python -m tests.simulation --without-defence NAME` takes one away, by a change of its source before it is
imported.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from tests.simulation.plan import COMBINATIONS

BRIDGE = Path(__file__).parents[2] / "bridge"

ONE_COMBINATION = len(COMBINATIONS)
"""So many seeds apart are the plans of one combination: few others miss what it is for."""


@dataclass(frozen=True)
class Defence:
    """A piece of the bridge, and what stands in its place when it is taken away.

    Where two pieces do the same, a run without one of them fails nowhere: the second goes with it, `also` of
    the same file, or the one with the name `too`.
    """

    file: str
    there: str
    instead: str
    also: tuple[str, str] | None = None
    too: str = ""
    first: int = 0
    every: int = 1
    """The seeds of which one is to miss it: from `first` on each n-th. `ONE_COMBINATION` are those of one."""

    @property
    def path(self) -> Path:
        """The file, whole."""
        return BRIDGE / self.file

    def taken_from(self, source: str) -> str:
        """The source without the defence; ValueError where it is not there exactly once."""
        for there, instead in ((self.there, self.instead), *([self.also] if self.also else [])):
            if source.count(there) != 1:
                raise ValueError(f"{self.file} has this {source.count(there)} times: {there}")
            source = source.replace(there, instead)
        return source


DEFENCES = {
    "acknowledges after the commit": Defence(
        "inbox/store.py",
        "        await self._writer.add(row_of(callback))",
        "        self._writer.add(row_of(callback))",
    ),
    "settles the revision that was claimed": Defence(
        "inbox/store.py",
        'else_=bindparam("revision_written"),\n        ),\n        matched',
        "else_=calls.c.revision,\n        ),\n        matched",
    ),
    "settles nothing over a relink": Defence(
        "inbox/store.py",
        'case((calls.c.anew_revision > bindparam("revision_written"), of_now), else_=found)',
        'case((calls.c.anew_revision > bindparam("revision_written") + 1000, of_now), else_=found)',
        too="matches anew where a person is deleted unheard",
    ),
    "settles no purged call": Defence(
        "inbox/store.py",
        "where(calls.c.root_sid.in_(root_sids), kept)\n    if",
        "where(calls.c.root_sid.in_(root_sids))\n    if",
    ),
    "repeats uncertain writes": Defence(
        "sync/stages/write.py",
        "                self._uncertain.note(sids, now=_now())\n            raise",
        "                pass\n            raise",
    ),
    "repeats the first batch of a life": Defence(
        "sync/stages/write.py",
        '        self._all_uncertain = True\n        """Until',
        '        self._all_uncertain = False\n        """Until',
    ),
    "ids follow from the call": Defence(
        "calls/activity.py",
        'uuid.uuid5(NAMESPACE, f"{kind}:{root_sid}")',
        "uuid.uuid4()",
        also=("@lru_cache(maxsize=4096)\ndef record_id", "def record_id"),
    ),
    "leaves alone what a user deleted": Defence(
        "sync/stages/prepare.py",
        "if due.root_sid in asked and _is_gone(due, states)}",
        "if False}",
        too="updates what Twenty has",
    ),
    "asks how a call stands before it writes": Defence(
        "sync/stages/prepare.py",
        "states = await writes.states(asked) if asked else {}",
        "states: dict[str, RecordState] = {}",
    ),
    "writes the person once": Defence(
        "twenty/writing/writers.py",
        "if write.plan.person is not Chosen.KEPT:",
        "if True:",
        first=4,
        every=ONE_COMBINATION,
    ),
    "takes over a user's choice of the person": Defence(
        "sync/stages/prepare.py",
        "and (match := _corrected(due, found))",
        "and (match := None)",
        also=("_unless_moved(match, states.get(sid), former[sid])", "match"),
    ),
    "matches anew where a person is deleted unheard": Defence(
        "sync/stages/prepare.py",
        "        due_calls = [_unless_deleted(due, states.get(due.root_sid)) for due in due_calls]\n",
        "",
        too="asks which people were deleted",
    ),
    "asks which people were deleted": Defence(
        "sync/changed_people.py",
        'gone = await self._gone([node for node in nodes if node["deletedAt"]])',
        "gone = 0",
    ),
    "drops what it knew when people change": Defence(
        "web/twenty_webhook.py",
        "        self._forget()\n        alike",
        "        alike",
    ),
    "matches anew after a relink in mid-write": Defence(
        "sync/stages/pipeline.py",
        "            await self._match_anew(taken)",
        "            pass",
    ),
    "waits for its budget": Defence(
        "twenty/client/budget.py",
        "            await asyncio.sleep(wait)\n        self._tokens -= 1",
        "            break\n        self._tokens -= 1",
        also=(
            "            await asyncio.sleep(wait)\n            wait = self.wait_for(fields)",
            "            break",
        ),
    ),
    "survives a sender that gave up": Defence(
        "inbox/writer.py",
        "        if promise.done():\n            continue\n",
        "",
    ),
    "tries again when Twenty is away": Defence(
        "sync/stages/settle.py",
        'await self._inbox.failed(due_calls, f"{error.code}: {error}", now=self._clock())',
        "from sqlalchemy import update; from bridge.inbox.tables import calls; "
        "these = calls.c.root_sid.in_([due_call.root_sid for due_call in due_calls]); "
        "await self._inbox.change(update(calls).where(these).values(synced_revision=calls.c.revision))",
    ),
    "asks Twilio for what it never heard": Defence(
        "wiring/upkeep.py",
        "if minutes := settings.reconcile.minutes:",
        "if minutes := 0:",
    ),
    "writes what it accepted before it ends": Defence(
        "inbox/store.py",
        "            await self._writer.close()",
        "            pass",
    ),
    "waits at its end for requests under way": Defence(
        "wiring/serve.py",
        "runner = Runner(app, shutdown_timeout=server.stop_seconds)",
        "runner = Runner(app, shutdown_timeout=0.001)",
    ),
    "creates what is new": Defence(
        "twenty/writing/writers.py",
        'send("CreatePhoneCalls", records, existing="WrittenPhoneCalls")',
        'send("UpsertPhoneCalls", records)',
    ),
    "updates what Twenty has": Defence(
        "twenty/writing/writers.py",
        "if not self._batches.affords(len(updates)):",
        "if updates:",
        first=11,
        every=ONE_COMBINATION,
    ),
}


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, defence: Defence) -> None:
        super().__init__(name, path)
        self._defence = defence

    def get_code(self, fullname: str) -> CodeType | None:
        source = self._defence.taken_from(Path(self.path).read_text())
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, defence: Defence) -> None:
        self._defence = defence

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin != str(self._defence.path):
            return None
        spec.loader = _Loader(fullname, str(self._defence.path), self._defence)
        return spec


def take_away(name: str) -> None:
    """From now on the bridge is imported without a defence; KeyError where there is none of this name."""
    for one in (name, DEFENCES[name].too):
        if one:
            sys.meta_path.insert(0, _Finder(DEFENCES[one]))
