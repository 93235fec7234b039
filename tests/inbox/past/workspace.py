"""What a sandbox Twenty has of people and calls, as JSON, and such a state made anew in another one."""

from typing import Any

from bridge.sandbox.twenty import TwentySandbox
from tests.support import ask, nodes_of

State = dict[str, list[dict[str, Any]]]

PHONE = "{ primaryPhoneNumber primaryPhoneCallingCode primaryPhoneCountryCode }"
KINDS = {
    "people": f"id name {{ firstName lastName }} phones {PHONE}",
    "phoneCalls": f"""id name externalCallId direction status startedAt answeredAt endedAt durationInSeconds
        personId agentId fromPhoneNumber {PHONE} toPhoneNumber {PHONE}
        recording {{ primaryLinkUrl primaryLinkLabel }} transcript {{ blocknote markdown }}""",
    "notes": "id title bodyV2 { blocknote markdown }",
    "noteTargets": "id noteId targetPersonId",
    "tasks": "id title status dueAt bodyV2 { blocknote markdown }",
    "taskTargets": "id taskId targetPersonId",
    "timelineActivities": "id name happensAt targetPersonId linkedRecordId linkedRecordCachedName",
}
EVER = "filter: {or: [{deletedAt: {is: NULL}}, {deletedAt: {is: NOT_NULL}}]}"


async def dump_of(twenty: TwentySandbox) -> State:
    """All records of each kind, deleted ones with `deletedAt`, by id; what is empty is left out."""
    found: State = {}
    for kind, fields in KINDS.items():
        query = f"{{ {kind}({EVER}, first: 1000) {{ edges {{ node {{ {fields} deletedAt }} }} }} }}"
        nodes = nodes_of(await ask(twenty, query))
        found[kind] = sorted(
            (_full(node) for node in nodes if kind != "timelineActivities" or node["linkedRecordId"]),
            key=lambda one: str(one["id"]),
        )
    return found


def _full(record: dict[str, Any]) -> dict[str, Any]:
    """Without fields that are empty."""
    inner = {name: _full(value) if isinstance(value, dict) else value for name, value in record.items()}
    return {name: value for name, value in inner.items() if value not in (None, "", {}, [])}


async def load(twenty: TwentySandbox, states: list[State]) -> None:
    """Creates the records of all these states under their ids; those that were deleted are deleted."""
    for kind in KINDS:
        records = [record for state in states for record in state[kind]]
        plural = f"{kind[0].upper()}{kind[1:]}"
        single = {"people": "Person", "timelineActivities": "TimelineActivity"}.get(kind, plural[:-1])
        created = [{k: v for k, v in one.items() if k != "deletedAt"} for one in records]
        mutation = f"mutation ($data: [{single}CreateInput!]!) {{ create{plural}(data: $data) {{ id }} }}"
        for start in range(0, len(created), 200):
            await ask(twenty, mutation, data=created[start : start + 200])
        gone = [one["id"] for one in records if "deletedAt" in one]
        if gone:
            delete = f"mutation ($ids: [UUID!]!) {{ delete{plural}(filter: {{id: {{in: $ids}}}}) {{ id }} }}"
            await ask(twenty, delete, ids=gone)
