"""A call that Twenty refused is tried once more when the workspace's schema is another one."""

from typing import Any

from bridge.calls.callback import Kind
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.refusals import Refusals
from bridge.sync.worker import Worker
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.schema.workspace import read_schema
from tests.support import TEN, new_sid, outbound, phone_calls, told
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain
from tests.twenty.provisioning import tell, workspace

JANE = "+33612345678"

OPTIONS = "query ($id: UUID!) { field(id: $id) { options } }"
UPDATE_FIELD = "mutation ($i: UpdateOneFieldMetadataInput!) { updateOneField(input: $i) { id } }"


async def options_of(twenty: TwentySandbox, field: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await tell(twenty, OPTIONS, id=field))["options"]
    return found


async def five_minutes_later(worker: Worker) -> None:
    """When the workspace is asked again what it has."""
    worker._pipeline.writing._writer_until = 0.0
    await drain(worker)
    await drain(worker)


async def test_an_option_that_is_back_brings_refused_calls_back(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker
) -> None:
    """Nothing else is due meanwhile."""
    worker = make_worker(client, Settings())
    field = (await workspace(twenty)).field_id("status")
    whole = await options_of(twenty, field)
    without = [option for option in whole if option["value"] != "BUSY"]
    await tell(twenty, UPDATE_FIELD, i={"id": field, "update": {"options": without}})
    busy, fine = new_sid(), new_sid()
    for sid, status in ((busy, "busy"), (fine, "completed")):
        await inbox.store(told(Kind.STATUS, sid, CallStatus=status, From="client:alice", To=JANE))
    await drain(worker)
    assert set(await phone_calls(twenty)) == {fine}
    assert (await inbox.backlog()).parked == 1
    await five_minutes_later(worker)
    assert (await inbox.backlog()).parked == 1
    await tell(twenty, UPDATE_FIELD, i={"id": field, "update": {"options": whole}})
    await five_minutes_later(worker)
    assert set(await phone_calls(twenty)) == {busy, fine}
    assert (await inbox.backlog()).parked == 0


async def test_a_restart_tries_nothing_again(
    twenty: TwentySandbox, client: TwentyClient, inbox: Inbox, make_worker: MakeWorker
) -> None:
    sid = new_sid()
    twenty.faults.poison = sid
    await inbox.store(outbound(sid, JANE))
    await drain(make_worker(client, Settings()))
    assert (await inbox.backlog()).parked == 1
    twenty.faults.clear()
    await drain(make_worker(client, Settings()))
    assert (await inbox.backlog()).parked == 1


async def test_the_fingerprint_is_that_of_the_options(twenty: TwentySandbox, client: TwentyClient) -> None:
    field = (await workspace(twenty)).field_id("status")
    whole = await options_of(twenty, field)
    seen = [(await read_schema(client)).fingerprint]
    for options in (whole[1:], whole):
        await tell(twenty, UPDATE_FIELD, i={"id": field, "update": {"options": options}})
        seen.append((await read_schema(client)).fingerprint)
    assert seen[0] == seen[2] != seen[1]


async def test_refused_calls_are_due_once_for_each_schema_whichever_process_read_it(inbox: Inbox) -> None:
    async def retried(refusals: Refusals, fingerprint: str) -> bool:
        for call in await inbox.claim(9):
            await inbox.park(call, "status", now=TEN)
        await refusals.schema_is(fingerprint)
        return bool(await inbox.claim(9))

    await inbox.store(outbound(new_sid(), JANE))
    one, other = Refusals(inbox), Refusals(inbox)
    assert [await retried(one, "a") for _ in range(2)] == [True, False]
    # Stored under this name, by every version.
    assert await Checkpoints(inbox).existing(["twenty schema a"])
    assert [await retried(other, "a"), await retried(other, "b")] == [False, True]
    # What the other process was refused under its schema, Twenty can take now.
    assert [await retried(one, "a"), await retried(one, "a")] == [True, False]


async def test_of_several_schemas_only_the_last_is_known(inbox: Inbox) -> None:
    """So the same one counts as another again after it was changed and changed back."""
    checkpoints = Checkpoints(inbox)
    await checkpoints.save("another", TEN)
    for name in ("schema a", "schema b"):
        await checkpoints.save_only(name, prefix="schema ")
    assert await checkpoints.existing(["schema a", "schema b", "another"]) == {"schema b", "another"}
