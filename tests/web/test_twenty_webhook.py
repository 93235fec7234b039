"""Twenty's webhook, as a Twenty delivers it: calls find their person after all, and lose one who is gone."""

import hashlib
import hmac
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO

import aiohttp
import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.webhooks import SIGNATURE, TIMESTAMP
from bridge.web.operation.limits import LARGEST_RECORD
from tests.support import ask, create_person, eventually, phone_calls, timeline
from tests.web.conftest import KEY, Answer, Bridge, OpenBridge, payload

SECRET = "an-invented-webhook-secret"
CALLED = "+33612345678"
CREATE_WEBHOOK = "mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { id } }"
UPDATE_PERSON = (
    "mutation ($id: UUID!, $data: PersonUpdateInput!) { updatePerson(id: $id, data: $data) { id } }"
)
DELETE_CALL = "mutation ($id: UUID!) { deletePhoneCall(id: $id) { id } }"
DELETE_PERSON = "mutation ($id: UUID!) { deletePerson(id: $id) { id } }"


@pytest.fixture
async def bridge(open_bridge: OpenBridge, twenty: TwentySandbox) -> Bridge:
    """The bridge, which a Twenty tells of people."""
    bridge = await open_bridge(twenty=settings(twenty))
    await tell(twenty, str(bridge.client.make_url("/twenty/webhook")))
    return bridge


def settings(twenty: TwentySandbox) -> dict[str, object]:
    return {"api_url": twenty.url, "api_token": twenty.api_key, "webhook_secret": SECRET}


async def tell(twenty: TwentySandbox, url: str) -> None:
    """Registers the webhook."""
    operations = ["person.created", "person.updated", "person.deleted", "phoneCall.*"]
    hook = {"targetUrl": url, "operations": operations, "secret": SECRET}
    headers = {"Authorization": f"Bearer {twenty.user_token}"}
    body = {"query": CREATE_WEBHOOK, "variables": {"input": hook}}
    async with (
        aiohttp.ClientSession(twenty.url, headers=headers) as session,
        session.post("/metadata", json=body) as answer,
    ):
        assert (await answer.json())["data"]["createWebhook"]["id"]


def settled(bridge: Bridge) -> list[str | None]:
    """Whom each call is linked to, of those that Twenty has."""
    with closing(sqlite3.connect(bridge.database)) as connection:
        found = connection.execute(
            "select person_id from calls where matched and revision = synced_revision"
        ).fetchall()
    return [person_id for (person_id,) in found]


async def call(bridge: Bridge) -> None:
    """A call out to the number, which is over."""
    form = payload("browser-out-5-status-completed", To=CALLED, Called=CALLED)
    assert (await bridge.twilio("/twilio/status", form)).status == 204
    await eventually(lambda: len(settled(bridge)) == 1)


async def person_in_twenty(twenty: TwentySandbox) -> str | None:
    (record,) = (await phone_calls(twenty)).values()
    person_id: str | None = record["personId"]
    return person_id


async def test_a_person_who_is_created_late_gets_the_call(bridge: Bridge, twenty: TwentySandbox) -> None:
    await call(bridge)
    assert settled(bridge) == [None]
    jane = await create_person(twenty, "Jané Doe", primaryPhoneNumber=CALLED)
    await eventually(lambda: settled(bridge) == [jane])
    assert await person_in_twenty(twenty) == jane
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [jane]


@pytest.mark.parametrize(
    "phones",
    [
        {"primaryPhoneNumber": CALLED},
        {"primaryPhoneNumber": "+4930123456", "additionalPhones": [{"number": CALLED}]},
        {"additionalPhones": [*({"number": f"+3363998{n:04}"} for n in range(250)), {"number": CALLED}]},
    ],
)
async def test_a_person_who_gets_the_number_late_gets_the_call(
    bridge: Bridge, twenty: TwentySandbox, phones: dict[str, object]
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber="+33159130097")
    await call(bridge)
    assert settled(bridge) == [None]
    await ask(twenty, UPDATE_PERSON, id=jane, data={"phones": phones})
    await eventually(lambda: settled(bridge) == [jane])
    assert await person_in_twenty(twenty) == jane


async def test_a_person_who_is_deleted_loses_the_call_at_its_next_write(
    bridge: Bridge, twenty: TwentySandbox
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=CALLED)
    await call(bridge)
    assert settled(bridge) == [jane]
    await ask(twenty, DELETE_PERSON, id=jane)
    await eventually(lambda: settled(bridge) == [])
    john = await create_person(twenty, "John Doe", primaryPhoneNumber=CALLED)
    form = payload("browser-out-7-recording-completed")
    assert (await bridge.twilio("/twilio/recording", form)).status == 204
    await eventually(lambda: settled(bridge) == [john])
    assert await person_in_twenty(twenty) == john


MOVE = "mutation ($id: UUID!, $data: PhoneCallUpdateInput!) { updatePhoneCall(id: $id, data: $data) { id } }"


async def test_a_call_that_a_user_moves_takes_its_row_along(bridge: Bridge, twenty: TwentySandbox) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=CALLED)
    john = await create_person(twenty, "John Doe", primaryPhoneNumber="+33639980002")
    await call(bridge)
    assert settled(bridge) == [jane]
    (record,) = (await phone_calls(twenty)).values()
    await ask(twenty, MOVE, id=record["id"], data={"personId": john})
    await eventually(lambda: settled(bridge) == [john])
    assert [row["targetPersonId"] for row in await timeline(twenty)] == [john]
    (record,) = (await phone_calls(twenty)).values()
    assert (record["personId"], "John Doe" in record["name"]) == (john, True)


async def test_words_of_a_call_are_erased_once_a_user_deletes_it(
    open_bridge: OpenBridge, twenty: TwentySandbox
) -> None:
    bridge = await open_bridge(twenty=settings(twenty), transcripts={"erase_with_call": True})
    await tell(twenty, str(bridge.client.make_url("/twenty/webhook")))
    form = payload("voicemail-3-transcription")
    await call(bridge)
    (record,) = (await phone_calls(twenty)).values()
    form["CallSid"] = record["externalCallId"]
    assert (await bridge.twilio("/twilio/transcription", form)).status == 204
    await eventually(lambda: len(settled(bridge)) == 1)

    def words() -> str:
        return "".join(parameters.get("TranscriptionText", "") for _, _, parameters in bridge.rows())

    assert "Bonjour" in words()
    # A delivery brings all that stands on the record.
    await ask(twenty, MOVE, id=record["id"], data={"name": "x" * 200_000})
    await ask(twenty, DELETE_CALL, id=record["id"])
    await eventually(lambda: words() == "")


async def test_screen_pops_hear_of_it(bridge: Bridge, twenty: TwentySandbox) -> None:
    async def name() -> str | None:
        answer = await bridge.get(f"/api/callers/{CALLED}", headers={"Authorization": f"Bearer {KEY}"})
        person: dict[str, str] | None = answer.json["person"]
        return person["name"] if person else None

    await call(bridge)
    assert await name() is None
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=CALLED)
    await eventually(lambda: settled(bridge) == [jane])
    assert await name() == "Jane Doe"


async def test_under_a_path(open_bridge: OpenBridge, twenty: TwentySandbox) -> None:
    public_url = "https://crm.example.com/phone"
    bridge = await open_bridge(twenty=settings(twenty), server={"public_url": public_url})
    await tell(twenty, str(bridge.client.make_url("/phone/twenty/webhook")))
    await call(bridge)
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=CALLED)
    await eventually(lambda: settled(bridge) == [jane])


async def deliver(
    bridge: Bridge, body: bytes, *, secret: str = SECRET, age: timedelta = timedelta(), **headers: str
) -> Answer:
    """A delivery that is `age` old."""
    timestamp = str(int((datetime.now(UTC) - age).timestamp() * 1000))
    signature = hmac.new(secret.encode(), f"{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    signed = {TIMESTAMP: timestamp, SIGNATURE: signature, "Content-Type": "application/json"}
    return await bridge.post("/twenty/webhook", data=BytesIO(body), headers=signed | headers)


CREATED = json.dumps({"eventName": "person.created", "record": {"id": "1"}}).encode()


@pytest.mark.parametrize(
    ("body", "how", "status"),
    [
        (CREATED, {}, 204),
        (b'{"eventName": "note.created", "record": {}}', {}, 204),
        (CREATED, {"age": timedelta(minutes=4)}, 204),
        (CREATED, {"age": timedelta(minutes=6)}, 403),
        (CREATED, {"age": timedelta(minutes=-6)}, 403),
        (CREATED, {"secret": "another-webhook-secret"}, 403),
        (CREATED, {SIGNATURE: ""}, 403),
        (CREATED, {TIMESTAMP: ""}, 403),
        (b"{", {}, 400),
        (b"{", {"secret": "another-webhook-secret"}, 403),
        (b"x" * (LARGEST_RECORD + 1), {}, 413),
    ],
)
async def test_delivery(bridge: Bridge, body: bytes, how: dict[str, object], status: int) -> None:
    assert (await deliver(bridge, body, **how)).status == status  # type: ignore[arg-type]


async def test_without_any_header(bridge: Bridge) -> None:
    assert (await bridge.post("/twenty/webhook", data=CREATED)).status == 403


async def test_without_a_secret_nothing_is_taken(open_bridge: OpenBridge) -> None:
    answer = await deliver(await open_bridge(), CREATED)
    assert (answer.status, "TWENTY_WEBHOOK_SECRET" in answer.json["detail"]) == (404, True)
