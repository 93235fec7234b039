"""Webhooks are signed as the recorded ones, and delivered to those who want the event."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.sandbox.twenty.webhooks import signature, wants

Ask = Callable[..., Awaitable[Any]]

RECORDED = json.loads((Path(__file__).parent / "webhook-delivery.json").read_text("utf-8"))
CREATE = "mutation ($i: CreateWebhookInput!) {createWebhook(input: $i) {id secret}}"


class Receiver:
    """A server that keeps what is delivered to it."""

    def __init__(self) -> None:
        self.deliveries: asyncio.Queue[tuple[dict[str, str], str]] = asyncio.Queue()
        app = web.Application()
        app.router.add_post("/hook", self.receive)
        self.server = TestServer(app)

    async def receive(self, request: web.Request) -> web.Response:
        await self.deliveries.put((dict(request.headers), await request.text()))
        return web.Response()

    async def next(self) -> tuple[dict[str, str], str]:
        return await asyncio.wait_for(self.deliveries.get(), timeout=5)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with receiver.server:
        yield receiver


async def register(ask: Ask, receiver: Receiver, *operations: str, **more: Any) -> Any:
    hook = {"targetUrl": str(receiver.server.make_url("/hook")), "operations": list(operations), **more}
    return (await ask(CREATE, to="/metadata", i=hook))["data"]["createWebhook"]


def test_the_signature_is_the_recorded_one() -> None:
    headers = RECORDED["headers"]
    timestamp = headers["X-Twenty-Webhook-Timestamp"]
    made = signature(RECORDED["secret"], timestamp, RECORDED["raw_body"])
    assert made == headers["X-Twenty-Webhook-Signature"]


@pytest.mark.parametrize(
    ("operations", "wanted"),
    [
        (["person.created"], True),
        (["person.*"], True),
        (["*.created"], True),
        (["*.*"], True),
        (["person.updated", "note.created"], False),
        (["banana"], False),
    ],
)
def test_operations_choose_events(operations: list[str], wanted: bool) -> None:
    assert wants(operations, "person.created") is wanted


async def test_a_delivery_has_the_shape_of_the_recorded_one(ask: Ask, receiver: Receiver) -> None:
    await register(ask, receiver, "person.created", secret="s3cr3t")
    await ask('mutation {createPerson(data: {phones: {primaryPhoneNumber: "+33159130097"}}) {id}}')
    headers, body = await receiver.next()
    timestamp = headers["X-Twenty-Webhook-Timestamp"]
    assert headers["X-Twenty-Webhook-Signature"] == signature("s3cr3t", timestamp, body)
    assert len(headers["X-Twenty-Webhook-Nonce"]) == 32
    told, recorded = json.loads(body), json.loads(RECORDED["raw_body"])
    assert list(told) == list(recorded)
    assert told["eventName"] == "person.created"
    assert set(told["record"]) == set(recorded["record"]) - {"searchVector"}
    assert told["record"]["phones"]["primaryPhoneNumber"] == "159130097"


async def test_an_update_names_its_fields_and_a_deletion_is_told(ask: Ask, receiver: Receiver) -> None:
    made = await ask("mutation {createPerson(data: {}) {id}}")
    await register(ask, receiver, "person.*")
    person = made["data"]["createPerson"]["id"]
    phones = {"jobTitle": "CTO", "phones": {"primaryPhoneNumber": "+33159130097"}}
    await ask(
        "mutation ($i: UUID!, $d: PersonUpdateInput!) {updatePerson(id: $i, data: $d) {id}}",
        i=person,
        d=phones,
    )
    told = json.loads((await receiver.next())[1])
    assert (told["eventName"], told["updatedFields"]) == ("person.updated", ["jobTitle", "phones"])
    await ask("mutation ($i: UUID!) {deletePerson(id: $i) {id}}", i=person)
    told = json.loads((await receiver.next())[1])
    assert (told["eventName"], told["updatedFields"]) == ("person.deleted", ["deletedAt"])


async def test_what_was_refused_is_not_told(ask: Ask, receiver: Receiver) -> None:
    await register(ask, receiver, "*.*")
    assert "errors" in await ask('mutation {createNotes(data: [{title: "a"}, {title: 5}]) {id}}')
    await ask('mutation {createNote(data: {title: "b"}) {id}}')
    assert json.loads((await receiver.next())[1])["record"]["title"] == "b"


async def test_an_unreachable_target_does_no_harm(ask: Ask) -> None:
    hook = {"targetUrl": "http://127.0.0.1:9/none", "operations": ["*.*"]}
    await ask(CREATE, to="/metadata", i=hook)
    assert "errors" not in await ask("mutation {createNote(data: {}) {id}}")
