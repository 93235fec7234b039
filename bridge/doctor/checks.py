"""What a check is, and how all of them are made at once.

A check that needs another waits for it, and is left out where that one failed or was left out itself: of a
Twenty that is down, one sentence says more than six.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from bridge.errors import BridgeError, NotUnderstood, TwentyOverLimit

SECONDS = 8
"""So long a check may take; those that need one another follow each other."""

log = structlog.get_logger()


class Status(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it is, why, and the command or click that mends it."""

    status: Status
    reason: str
    fix: str = ""


def ok(reason: str) -> Verdict:
    """Nothing to do."""
    return Verdict(Status.OK, reason)


def warning(reason: str, fix: str) -> Verdict:
    """It works, but."""
    return Verdict(Status.WARNING, reason, fix)


def error(reason: str, fix: str) -> Verdict:
    """Something that the bridge is for does not work."""
    return Verdict(Status.ERROR, reason, fix)


@dataclass(frozen=True, slots=True)
class Check:
    """A thing to look at; `fix` mends it where `examine` raises, `needs` names checks that come first."""

    name: str
    examine: Callable[[], Awaitable[Verdict]]
    fix: str = ""
    needs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a check."""

    name: str
    verdict: Verdict

    def as_json(self) -> Mapping[str, str]:
        """As `doctor --json` has it."""
        told = self.verdict
        return {"name": self.name, "status": told.status.value, "reason": told.reason, "fix": told.fix}


FORMER_NAMES: Mapping[str, str] = {"settings.door": "settings.anonymous"}
"""Names of checks that this version still understands."""


def wanted(checks: Sequence[Check], names: Collection[str]) -> list[Check]:
    """Those of these names or themes (`twenty.key`, `twenty`) with what they need; no name is all."""
    by_name = {check.name: check for check in checks}
    names = {FORMER_NAMES.get(name, name) for name in names}
    asked = [name for name in by_name if name in names or name.partition(".")[0] in names]
    if unknown := set(names) - by_name.keys() - {name.partition(".")[0] for name in by_name}:
        raise NotUnderstood(
            f"There is no check {', '.join(sorted(unknown))}; there are {', '.join(by_name)}."
        )
    needed: set[str] = set()
    while asked:
        name = asked.pop()
        needed.add(name)
        asked += by_name[name].needs
    return [check for check in checks if check.name in needed or not names]


async def examine(checks: Sequence[Check], *, seconds: float = SECONDS) -> list[Finding]:
    """All of them, at once as far as they do not need each other; in their order."""
    tasks: dict[str, asyncio.Task[Verdict]] = {}
    culprits: dict[str, str] = {}

    async def after_needs(check: Check) -> Verdict:
        for need in check.needs:
            if (await tasks[need]).status is Status.ERROR or need in culprits:
                culprit = culprits[check.name] = culprits.get(need, need)
                fix = f"Fix {culprit}, then run doctor again."
                return warning(f"Not checked, because of {culprit}.", fix)
        return await _alone(check, seconds)

    async with asyncio.TaskGroup() as group:
        for check in checks:
            tasks[check.name] = group.create_task(after_needs(check))
    return [Finding(check.name, tasks[check.name].result()) for check in checks]


async def _alone(check: Check, seconds: float) -> Verdict:
    try:
        async with asyncio.timeout(seconds):
            return await check.examine()
    except TimeoutError:
        return error(f"No answer within {seconds:g} seconds.", check.fix)
    except TwentyOverLimit:
        return warning("Not checked: the workspace's rate limit is used up.", "Ask again in a minute.")
    except BridgeError as refused:
        return error(str(refused), check.fix)
    # A check that fails by itself hides no other.
    except Exception as failure:
        log.exception("doctor.failed", check=check.name)
        return error(f"The check itself failed: {type(failure).__name__}.", "Please report it, with the log.")
