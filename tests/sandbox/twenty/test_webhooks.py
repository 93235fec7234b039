"""Webhooks are signed as the recorded ones, and delivered to those who want the event."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox, twenty_sandbox
from bridge.sandbox.twenty.outbound import Outbound
from bridge.sandbox.twenty.webhooks import signature, wants
from tests.support import BOUND, eventually

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
        return await asyncio.wait_for(self.deliveries.get(), BOUND)


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


@pytest.mark.parametrize("generation", [OLDEST, NEWEST])
async def test_phone_calls_are_told_of_like_all_else(
    ask: Ask, receiver: Receiver, sandbox: TwentySandbox
) -> None:
    await register(ask, receiver, "phoneCall.updated", "phoneCall.deleted")
    person = (await ask("mutation {createPerson(data: {}) {id}}"))["data"]["createPerson"]["id"]
    made = await ask('mutation {createPhoneCall(data: {name: "Call", externalCallId: "CA1"}) {id}}')
    call = made["data"]["createPhoneCall"]["id"]
    for data in ({"personId": person}, {"personId": None}):
        await ask(
            "mutation ($i: UUID!, $d: PhoneCallUpdateInput!) {updatePhoneCall(id: $i, data: $d) {id}}",
            i=call,
            d=data,
        )
        told = json.loads((await receiver.next())[1])
        assert (told["eventName"], told["updatedFields"]) == ("phoneCall.updated", ["personId"])
        assert told["record"]["id"] == call
        assert told["record"]["personId"] == data["personId"]
        assert told["record"]["externalCallId"] == "CA1"
    await ask("mutation ($i: UUID!) {deletePhoneCall(id: $i) {id}}", i=call)
    told = json.loads((await receiver.next())[1])
    assert (told["eventName"], told["record"]["id"]) == ("phoneCall.deleted", call)
    assert told["record"]["deletedAt"]


@pytest.mark.parametrize(
    ("generation", "allowed", "arrives"),
    [
        (OLDEST, (), False),
        (NEWEST, (), False),
        (NEWEST, ("127.0.0.2",), False),
        (OLDEST, ("127.0.0.1",), False),
        (NEWEST, ("127.0.0.1",), True),
    ],
)
async def test_in_safe_mode_private_addresses_are_told_nothing(
    asker: Callable[[TwentySandbox], Ask],
    receiver: Receiver,
    generation: str,
    allowed: tuple[str, ...],
    *,
    arrives: bool,
) -> None:
    async with twenty_sandbox(generation=generation, safe_mode=True, allowed_hosts=allowed) as sandbox:
        ask = asker(sandbox)
        await register(ask, receiver, "note.created")
        with capture_logs() as logged:
            assert "errors" not in await ask("mutation {createNote(data: {}) {id}}")
            await eventually(lambda: any(line["event"].startswith("webhook.") for line in logged))
    assert receiver.deliveries.empty() != arrives
    assert [line["event"] for line in logged] == ["webhook.delivered" if arrives else "webhook.dropped"]


@pytest.mark.parametrize(
    ("url", "permitted"),
    [
        ("https://203.0.113.1/hook", False),
        ("https://8.8.8.8/hook", True),
        ("http://[::1]:3000/hook", False),
        ("http://10.1.2.3/hook", False),
        ("http://169.254.169.254/latest", False),
        ("http://localhost/hook", False),
    ],
)
async def test_where_requests_may_go_in_safe_mode(url: str, *, permitted: bool) -> None:
    assert await Outbound(safe_mode=True).permits(url) is permitted
    assert await Outbound().permits(url)


async def test_what_was_refused_is_not_told(ask: Ask, receiver: Receiver) -> None:
    await register(ask, receiver, "*.*")
    assert "errors" in await ask('mutation {createNotes(data: [{title: "a"}, {title: 5}]) {id}}')
    await ask('mutation {createNote(data: {title: "b"}) {id}}')
    assert json.loads((await receiver.next())[1])["record"]["title"] == "b"


async def test_an_unreachable_target_does_no_harm(ask: Ask) -> None:
    hook = {"targetUrl": "http://127.0.0.1:9/none", "operations": ["*.*"]}
    await ask(CREATE, to="/metadata", i=hook)
    assert "errors" not in await ask("mutation {createNote(data: {}) {id}}")
