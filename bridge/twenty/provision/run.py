"""Carries plans out, or only reports them; a step that fails does not stop the others."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence, Set
from contextlib import suppress
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from bridge.errors import TwentyDenied, TwentyFailed, TwentyRefused
from bridge.language.phrase import NOTHING, Phrase, phrase, phrase_of, term, verbatim
from bridge.twenty.client.client import Executes
from bridge.twenty.provision.accepted import Accepted
from bridge.twenty.provision.plan import MADE, Mutation, Permission, Step, made_by

T = TypeVar("T")

OF_ONE_STEP = (TwentyDenied, TwentyRefused, TwentyFailed)
"""Errors after which other steps can succeed. The last is an error of Twenty's own, as for a broken page."""


class Result(StrEnum):
    """The result of a step."""

    DONE = "done"
    PLANNED = "to do"
    FORBIDDEN = "not allowed"
    WAITING = "left out"
    REFUSED = "refused"
    IMPOSSIBLE = "not possible"
    REMOVED = "left out, as a user removed it"


class StepResult(Struct, frozen=True):
    """A step, its result, and the reason where it was not done."""

    step: Step
    result: Result
    reason: Phrase = NOTHING

    @property
    def well(self) -> bool:
        """Whether the step needs no further action."""
        return self.result in (Result.DONE, Result.PLANNED, Result.REMOVED)

    @property
    def sentence(self) -> Phrase:
        """`not allowed (Views): create the view “My calls”`."""
        result, step = term(self.result), self.step.sentence
        if not self.reason:
            return phrase("{result}: {step}", result=result, step=step)
        return phrase("{result} ({reason}): {step}", result=result, reason=self.reason, step=step)


class Watch:
    """Receives the progress of a run; this one shows nothing."""

    def planned(self, steps: int) -> None:
        """The run has so many steps."""

    def begins(self, number: int, step: Step) -> None:
        """The step begins; numbers begin with 1."""


class Run:
    """One run of the set-up. `tell` is called with each outcome at once; `dry_run` sends no mutation.

    What the workspace's schema does not accept is not sent, nor the rest of its step.

    Raises what the client raises where no step would get further: TwentyUnavailable, and TwentyDenied
    of a key that is not known.
    """

    def __init__(
        self,
        client: Executes,
        accepted: Accepted,
        *,
        dry_run: bool,
        tell: Callable[[StepResult], None],
        watch: Watch | None = None,
    ) -> None:
        self.client = client
        self.accepted = accepted
        self.dry_run = dry_run
        self.outcomes: list[StepResult] = []
        self._tell = tell
        self._watch = watch or Watch()
        self._forbidden: set[Permission] = set()
        self._unmade: set[str] = set()
        self._removed: set[str] = set()
        self._made_once: Collection[str] = ()
        self._there: set[str] = set()

    def leave_removed(self, made_once: Collection[str]) -> None:
        """Begins none of the steps that would make one of these looks again."""
        self._made_once = made_once

    def sees(self, look: str, *, there: bool) -> None:
        """Counts a look that is there among those that were made."""
        if there:
            self._there.add(look)

    @property
    def attempted(self) -> Set[str]:
        """The looks that are there, or that this run could make: the same whether or not it is dry."""
        hopeless = (Result.REMOVED, Result.IMPOSSIBLE)
        return self._there | {o.step.once for o in self.outcomes if o.step.once and o.result not in hopeless}

    @property
    def made(self) -> Set[str]:
        """The looks that are there now, or would be."""
        failed = {one.step.once for one in self.outcomes if not one.well}
        return {look for look in self.attempted if look in self._there or look not in failed}

    async def carry_out(self, steps: Sequence[Step]) -> None:
        """Does the steps, one after the other."""
        for step in steps:
            self._note(self._beforehand(step) or await self._send(step))

    async def read(self, reading: Awaitable[T], *, before: Step) -> T | None:
        """What the workspace has; None, with the step recorded, where it cannot be read."""
        try:
            return await reading
        except OF_ONE_STEP as refused:
            self._note(self._refused(before, refused))
            return None

    def _note(self, outcome: StepResult) -> None:
        if outcome.step.makes and not outcome.well:
            self._unmade.add(outcome.step.makes)
        if outcome.step.makes and outcome.result is Result.REMOVED:
            self._removed.add(outcome.step.makes)
        self.outcomes.append(outcome)
        self._tell(outcome)

    def _beforehand(self, step: Step) -> StepResult | None:
        """The outcome that is known without sending anything."""
        if step.once in self._made_once or any(need in self._removed for need in step.needs):
            return StepResult(step, Result.REMOVED)
        if refusal := self._refusal(step):
            return StepResult(
                step, Result.IMPOSSIBLE, phrase("this Twenty's schema: {refusal}", refusal=refusal)
            )
        if step.permission in self._forbidden:
            return StepResult(step, Result.FORBIDDEN, verbatim(step.permission))
        if missing := next((need for need in step.needs if need in self._unmade), None):
            return StepResult(step, Result.WAITING, phrase("needs {missing}", missing=missing))
        return StepResult(step, Result.PLANNED) if self.dry_run else None

    def _refusal(self, step: Step) -> str | None:
        sent = [one for one in (*step.mutations, *step.only_with) if not one.of_records]
        return next(filter(None, map(self.accepted.refuses, sent)), None)

    async def _send(self, step: Step) -> StepResult:
        made: list[str | None] = []
        self._watch.begins(len(self.outcomes) + 1, step)
        try:
            for mutation in step.mutations:
                made.append(await self._mutate(mutation, made))
        except OF_ONE_STEP as refused:
            await self._undo(step, made)
            return self._refused(step, refused)
        return StepResult(step, Result.DONE)

    async def _undo(self, step: Step, made: Sequence[str | None]) -> None:
        if any(made) and step.undo:
            with suppress(*OF_ONE_STEP):
                await self._mutate(step.undo, made)

    async def _mutate(self, mutation: Mutation, made: Sequence[str | None]) -> str | None:
        """The id of what it made."""
        ids = {MADE: next(filter(None, made), None)}
        ids |= {made_by(number): one for number, one in enumerate(made)}
        execute = self.client.execute if mutation.of_records else self.client.execute_metadata
        return _id_in(await execute(mutation.operation, **_filled(mutation.variables, ids)))

    def _refused(self, step: Step, refused: TwentyDenied | TwentyRefused | TwentyFailed) -> StepResult:
        if isinstance(refused, TwentyDenied):
            return self._denied(step, refused)
        return StepResult(step, Result.REFUSED, phrase_of(refused))

    def _denied(self, step: Step, denied: TwentyDenied) -> StepResult:
        if denied.code == "twenty.unauthenticated":
            raise denied
        if denied.code != "twenty.forbidden":
            return StepResult(step, Result.REFUSED, phrase_of(denied))
        self._forbidden.add(step.permission)
        return StepResult(step, Result.FORBIDDEN, verbatim(step.permission))


def _filled(value: Any, ids: Mapping[str, str | None]) -> Any:
    """The variables, with ids in the place of `MADE` and of what `made_by` gives."""
    if isinstance(value, dict):
        return {key: _filled(one, ids) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


def _id_in(answer: dict[str, Any]) -> str | None:
    """Every mutation answers with one root field: what it made, or a list of these."""
    (made,) = answer.values()
    return made.get("id") if isinstance(made, dict) else None
