"""What a test of the worker may set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from bridge.calls.agents import Agents
from bridge.calls.people.matching import Several
from bridge.calls.transcripts.conversation import Spoken
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.store import Inbox
from bridge.sync.stages.pipeline import Pipeline
from bridge.sync.stages.prepare import Policy, Preparation
from bridge.sync.stages.remind import Reminders
from bridge.sync.worker import Worker
from bridge.twenty.client.client import Executes
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.writing.bisection import Batches


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Policies, and whether calls that go on are written."""

    several: Several = "oldest"
    nobody: Literal["log", "create", "skip"] = "log"
    emails: Mapping[str, str] = field(default_factory=dict)
    assignee: str | None = None
    cache_seconds: float = 60
    live: bool = True
    own_numbers: frozenset[str] = frozenset()
    forget_keys: tuple[str, ...] = ()
    spoken: dict[str, Spoken] = field(default_factory=dict)
    """Call SID → what was said in it."""
    proposes: bool = False


def worker_with(
    inbox: Inbox,
    client: Executes,
    policy: Policy,
    *,
    members: Members | None = None,
    directory: Directory | None = None,
    assignee: str | None = None,
    forgotten: Forgotten | None = None,
    spoken: Mapping[str, Spoken] | None = None,
    live: Callable[[], bool] = lambda: True,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Worker:
    """A worker of these parts; its reminders are in the policy's language and zone."""

    async def spoken_in(started: Mapping[str, datetime]) -> Mapping[str, Spoken]:
        return {sid: spoken[sid] for sid in started if spoken and sid in spoken}

    batches = Batches(client)
    members = members or Members(Agents())
    directory = directory or Directory(region=policy.region)
    return Worker(
        inbox,
        Pipeline(
            inbox,
            client,
            batches=batches,
            directory=directory,
            preparation=Preparation(
                client, batches, directory, members, policy, forgotten=forgotten, spoken_in=spoken_in
            ),
            reminders=Reminders(
                inbox=inbox,
                members=members,
                texts=policy.texts,
                links=policy.links,
                assignee=assignee,
                due_in=timedelta(hours=24),
                zone=policy.zone,
                spoken_in=spoken_in,
            ),
            live=live,
            clock=clock,
        ),
    )


async def drain(worker: Worker) -> None:
    """Until nothing is due."""
    while await worker.drain_once():
        pass


def it_is(worker: Worker, now: datetime) -> None:
    """Sets the clock of a worker, and stops it."""
    pipeline = worker._pipeline
    pipeline._clock = pipeline._claim._clock = pipeline._settlement._clock = lambda: now
    if pipeline._reminding:
        pipeline._reminding._clock = lambda: now
