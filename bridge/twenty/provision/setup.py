"""`setup twenty`: reads what exists, plans what is missing, carries it out or only reports it.

    read ─► plan (pure) ─► carry out ─► read again, where later plans need what was made

What is there stays as it is, so a second run sends nothing, and what a user rearranged or removed holds.
All of it is planned, and held to the workspace's own schema, before the first change.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from bridge.language.phrase import NOTHING, Phrase
from bridge.twenty.client.client import Executes
from bridge.twenty.provision import dashboard, fields, look, objects, once, predicted, read, webhook
from bridge.twenty.provision.plan import Permission, Step
from bridge.twenty.provision.run import Result, Run, StepResult, Watch
from bridge.twenty.provision.there import Structure
from bridge.twenty.provision.webhook import NewWebhook


class Provisioned(Struct, frozen=True):
    """The outcome of each step, and conflicts: things of the same name that are something else."""

    outcomes: tuple[StepResult, ...]
    conflicts: tuple[Phrase, ...]

    def steps(self, result: Result) -> tuple[Phrase, ...]:
        """The sentences of the steps with that result."""
        return tuple(o.step.sentence for o in self.outcomes if o.result is result)

    def permissions(self, result: Result) -> tuple[Permission, ...]:
        """The permissions that the steps with that result need."""
        return tuple(dict.fromkeys(o.step.permission for o in self.outcomes if o.result is result))

    @property
    def lacking(self) -> tuple[Permission, ...]:
        """The permissions that the key's role lacks."""
        return self.permissions(Result.FORBIDDEN)

    @property
    def complete(self) -> bool:
        """Whether every step was done."""
        return not self.conflicts and all(outcome.well for outcome in self.outcomes)


class SetUpOptions(Struct, frozen=True):
    """What a set-up makes besides the object and its looks, and whether it restores looks."""

    webhook_to: NewWebhook | None
    phone_at: str | None
    restore: bool


class DashboardOutcome(Struct, frozen=True):
    """The outcomes of its steps, none where it is there already; `left_out` says why it is not possible."""

    outcomes: tuple[StepResult, ...] = ()
    left_out: Phrase = NOTHING

    @property
    def is_removed(self) -> bool:
        """Whether a user deleted it, and it stays so."""
        return any(one.result is Result.REMOVED for one in self.outcomes)

    @property
    def is_planned(self) -> bool:
        """Whether there is something to make."""
        return any(one.result is Result.PLANNED for one in self.outcomes)

    @property
    def complete(self) -> bool:
        """Whether nothing failed."""
        return all(one.well for one in self.outcomes)


def _silent(_: StepResult) -> None:
    pass


async def provision(client: Executes) -> Provisioned:
    """Creates the object and its fields, without views or pages. Raises TwentyError as `Run` does."""
    run = Run(client, await read.accepted(client), dry_run=False, tell=_silent)
    there, _ = await _structure(run)
    return _provisioned(run, there)


async def set_up(
    client: Executes,
    *,
    webhook_to: NewWebhook | None,
    phone_at: str | None = None,
    restore: bool = False,
    dry_run: bool = False,
    tell: Callable[[StepResult], None] = _silent,
    watch: Watch | None = None,
) -> Provisioned:
    """Creates the object, its views and pages, an item for the phone page, and the webhook.

    Views, tabs and items that users removed are made again only where it is to `restore` them.
    Raises TwentyError as `Run` does.
    """
    accepted = await read.accepted(client)
    options = SetUpOptions(webhook_to, phone_at, restore)
    planned = await _carried_out(Run(client, accepted, dry_run=True, tell=_silent), options)
    if dry_run or not planned.steps(Result.PLANNED):
        for outcome in planned.outcomes:
            tell(outcome)
        return planned
    if watch:
        watch.planned(len(planned.outcomes))
    run = Run(client, accepted, dry_run=False, tell=tell, watch=watch)
    return await _carried_out(run, options)


async def add_dashboard(
    client: Executes,
    *,
    call_back: str,
    dry_run: bool,
    restore: bool = False,
    tell: Callable[[StepResult], None] = _silent,
) -> DashboardOutcome:
    """Makes a dashboard of calls, once; `call_back` is what the titles of call-back tasks begin with.

    What a user renamed or rearranged stays so; what a user deleted, unless it is to `restore` that.
    Raises TwentyError as `Run` does.
    """
    known = await read.accepted(client)
    there = await read.structure(client)
    run = Run(client, known, dry_run=dry_run, tell=tell)
    if there.phone_call and (found := await dashboard.existing(client, there.phone_call)):
        if found is dashboard.Existing.DELETED:
            restoring = dashboard.restore(there.phone_call)
            run.leave_removed(() if restore else {restoring.once})
            await run.carry_out([restoring])
        return DashboardOutcome(tuple(run.outcomes))
    if not dashboard.is_possible(known):
        return DashboardOutcome(left_out=dashboard.NOT_POSSIBLE)
    phone_call = predicted.with_fields(there.phone_call or predicted.OBJECT) if dry_run else there.phone_call
    task = there.object_ids.get("task")
    if phone_call:
        of_tasks = await read.whole_object(client, task) if task else None
        await run.carry_out(dashboard.create(phone_call, of_tasks, call_back=call_back))
    return DashboardOutcome(tuple(run.outcomes))


async def _carried_out(run: Run, options: SetUpOptions) -> Provisioned:
    there, is_new = await _structure(run)
    await _dress(run, there, options, is_new=is_new)
    if options.webhook_to:
        await _register(run, options.webhook_to)
    return _provisioned(run, there)


async def _structure(run: Run) -> tuple[Structure, bool]:
    """The structure once object and fields are made, and whether the object is new."""
    before = await read.structure(run.client)
    there = await _after(run, objects.create(before), before)
    missing = fields.create(there.phone_call or predicted.OBJECT, there)
    return await _after(run, missing, there), before.phone_call is None


async def _after(run: Run, steps: Sequence[Step], there: Structure) -> Structure:
    """The structure once the steps are carried out."""
    await run.carry_out(steps)
    return await read.structure(run.client) if steps and not run.dry_run else there


async def _dress(run: Run, there: Structure, options: SetUpOptions, *, is_new: bool) -> None:
    phone_call = there.phone_call or predicted.OBJECT
    if run.dry_run or not there.phone_call:
        phone_call = predicted.with_fields(phone_call)
    await run.carry_out([*objects.set_look(phone_call, is_new=is_new), *fields.add_icons(phone_call)])
    views = await look.views_of(run, phone_call)
    made_once = once.noted(views or (), phone_call)
    run.leave_removed(() if options.restore else made_once)
    if views is not None:
        await look.set_look(run, phone_call, there.object_ids, views)
    if options.phone_at:
        await look.add_phone(run, options.phone_at)
    if views is not None and not run.attempted <= made_once:
        await run.carry_out([once.note(views, phone_call, made_once | run.made)])


async def _register(run: Run, wanted: NewWebhook) -> None:
    before = Step(wanted.sentence, Permission.WEBHOOKS)
    webhooks = await run.read(read.webhooks(run.client), before=before)
    if webhooks is not None:
        await run.carry_out(webhook.register(webhooks, wanted))


def _provisioned(run: Run, there: Structure) -> Provisioned:
    conflicts = fields.conflicts(there.phone_call) if there.phone_call else ()
    return Provisioned(tuple(run.outcomes), conflicts)
