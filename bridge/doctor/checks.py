"""Checks, and how they run concurrently.

A check that needs another waits for it, and is skipped where that one failed or was skipped: if Twenty is
down, the operator gets one error and not six.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from bridge.errors import BridgeError, NotUnderstood, TwentyOverLimit
from bridge.language.phrase import NOTHING, Phrase, phrase, phrase_of
from bridge.language.spoken import LANGUAGES, in_language

SECONDS = 20
"""How long one check can take; a check waits for those that it needs before its time begins.

They share a processor, which can be busy with other things, too: 8 were not enough for checks that read a
schema on a machine at load 10.
"""

log = structlog.get_logger()


class Status(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check, its reason, and the command or click that fixes it."""

    status: Status
    reason: Phrase
    fix: Phrase = NOTHING


def ok(reason: Phrase) -> Verdict:
    """The check passed."""
    return Verdict(Status.OK, reason)


def warning(reason: Phrase, fix: Phrase) -> Verdict:
    """It works, but the operator has something to change."""
    return Verdict(Status.WARNING, reason, fix)


def error(reason: Phrase, fix: Phrase) -> Verdict:
    """A function of the bridge does not work."""
    return Verdict(Status.ERROR, reason, fix)


@dataclass(frozen=True, slots=True)
class Check:
    """A named check; `fix` is shown where `examine` raises, `needs` names the checks that run first."""

    name: str
    examine: Callable[[], Awaitable[Verdict]]
    fix: Phrase = NOTHING
    needs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's name and verdict."""

    name: str
    verdict: Verdict

    def as_json(self) -> Mapping[str, object]:
        """The JSON of `doctor --json`, English in every language; `translations` is for people's pages."""
        verdict = self.verdict
        texts = {"reason": verdict.reason, "fix": verdict.fix}
        return {
            "name": self.name,
            "status": verdict.status.value,
            **texts,
            "translations": {
                language: {name: in_language(text, language) for name, text in texts.items()}
                for language in LANGUAGES
                if language != "en"
            },
        }


FORMER_NAMES: Mapping[str, str] = {"settings.door": "settings.anonymous"}
"""Former name of a check → present name."""


def wanted(checks: Sequence[Check], names: Collection[str]) -> list[Check]:
    """The checks with these names or themes (`twenty.key`, `twenty`) and those that they need.

    Without names, all checks. Raises NotUnderstood for unknown names.
    """
    by_name = {check.name: check for check in checks}
    names = {FORMER_NAMES.get(name, name) for name in names}
    asked = [name for name in by_name if name in names or name.partition(".")[0] in names]
    if unknown := set(names) - by_name.keys() - {name.partition(".")[0] for name in by_name}:
        raise NotUnderstood(
            phrase(
                "There is no check {unknown}; there are {known}.",
                unknown=", ".join(sorted(unknown)),
                known=", ".join(by_name),
            )
        )
    needed: set[str] = set()
    while asked:
        name = asked.pop()
        needed.add(name)
        asked += by_name[name].needs
    return [check for check in checks if check.name in needed or not names]


async def examine(checks: Sequence[Check], *, seconds: float = SECONDS) -> list[Finding]:
    """Runs the checks concurrently, except for those that need each other; findings are in their order."""
    tasks: dict[str, asyncio.Task[Verdict]] = {}
    culprits: dict[str, str] = {}

    async def after_needs(check: Check) -> Verdict:
        for need in check.needs:
            if (await tasks[need]).status is Status.ERROR or need in culprits:
                culprit = culprits[check.name] = culprits.get(need, need)
                fix = phrase("Fix {culprit}, then run doctor again.", culprit=culprit)
                return warning(phrase("Not checked, because of {culprit}.", culprit=culprit), fix)
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
        return error(phrase("No answer within {seconds:g} seconds.", seconds=seconds), check.fix)
    except TwentyOverLimit:
        return warning(
            phrase("Not checked: the workspace's rate limit is used up."), phrase("Ask again in a minute.")
        )
    except BridgeError as refused:
        return error(phrase_of(refused), check.fix)
    # An unexpected error in one check does not hide the others.
    except Exception as failure:
        log.exception("doctor.failed", check=check.name)
        return error(
            phrase("The check itself failed: {name}.", name=type(failure).__name__),
            phrase("Please report it, with the log."),
        )
