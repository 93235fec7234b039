"""Next steps that a model proposes, as tasks: created once, and a user's from then on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import structlog
from msgspec import Struct

from bridge.calls.activity import record_id
from bridge.calls.transcripts.conversation import ProposedTask
from bridge.errors import Duplicate, TwentyDenied
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.writing.bisection import Batches, Record
from bridge.twenty.writing.plan import Write
from bridge.twenty.writing.rich_text import paragraphs, rich_text

log = structlog.get_logger()


class ProposedTasks:
    """Creates the tasks of calls with a new summary; with `on_call` they are on the call's record, too."""

    def __init__(self, batches: Batches, *, on_call: bool) -> None:
        self._batches = batches
        self._on_call = on_call

    async def write(self, writes: Sequence[Write]) -> None:
        """Creates those that are missing; one that a user changed or deleted stays as it is.

        A task that Twenty refuses is logged: its call is written without it. Raises TwentyError.
        """
        wanted = {proposal.key: proposal for write in writes for proposal in _of(write)}
        if not wanted:
            return
        try:
            await self._create(wanted)
        except TwentyDenied as denied:
            go_without(Feature.TASKS, denied)

    async def _create(self, wanted: Mapping[str, "_Proposal"]) -> None:
        tasks = {key: proposal.task for key, proposal in wanted.items()}
        tried = await self._batches.create("CreateTasks", tasks, existing="ExistingTasks")
        there = [key for key, error in tried.items() if isinstance(error, Duplicate)]
        for key in tried.keys() - there:
            log.warning("proposal.refused", call_sid=wanted[key].write.sid, reason=str(tried[key]))
        new = self._targets(wanted[key] for key in wanted if key not in tried)
        # An earlier attempt can have ended between a task and its targets.
        known = self._targets(wanted[key] for key in there)
        found = await self._batches.existing("ExistingTaskTargets", list(known))
        missing = {one: record for one, record in known.items() if one not in found}
        await self._batches.send("UpsertTaskTargets", new | missing)

    def _targets(self, proposals: Iterable["_Proposal"]) -> dict[str, Record]:
        return {one["id"]: one for proposal in proposals for one in proposal.targets(on_call=self._on_call)}


class _Proposal(Struct, frozen=True):
    write: Write
    number: int
    proposed: ProposedTask

    @property
    def key(self) -> str:
        return f"{self.write.sid} {self.number}"

    @property
    def task(self) -> Record:
        task = {
            "id": self._id("task"),
            "title": self.proposed.title,
            "bodyV2": rich_text(block for text in self.proposed.body for block in paragraphs(text)),
            "status": "TODO",
        }
        agent_id = self.write.activity.agent_id
        return task | ({"assigneeId": agent_id} if agent_id else {})

    def targets(self, *, on_call: bool) -> Iterator[Record]:
        activity, task = self.write.activity, {"taskId": self._id("task")}
        if activity.person_id:
            yield {"id": self._id("taskTarget"), **task, "targetPersonId": activity.person_id}
        if on_call:
            call_id = record_id("phoneCall", activity.call_sid)
            yield {"id": self._id("taskTarget phoneCall"), **task, "targetPhoneCallId": call_id}

    def _id(self, kind: str) -> str:
        return record_id(f"{kind} proposed {self.number}", self.write.sid)


def _of(write: Write) -> Iterator[_Proposal]:
    conversation = write.activity.conversation
    if write.plan.has_new_text and conversation:
        for number, proposed in enumerate(conversation.proposed):
            yield _Proposal(write, number, proposed)
