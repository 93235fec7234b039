"""The pages show people, their timeline and calls, and nothing that a stranger said is markup."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.sandbox.twenty.pages.html import join, tag, web_link

Ask = Callable[..., Awaitable[Any]]

EVIL = '<script>alert("x")</script>'
PERSON = "mutation ($d: PersonCreateInput!) {createPerson(data: $d) {id}}"
CALL = "mutation ($d: PhoneCallCreateInput!) {createPhoneCall(data: $d) {id}}"
TIMELINE = "mutation ($d: TimelineActivityCreateInput!) {createTimelineActivity(data: $d) {id}}"
NOTE = "mutation ($d: NoteCreateInput!) {createNote(data: $d) {id}}"
TARGET = "mutation ($d: NoteTargetCreateInput!) {createNoteTarget(data: $d) {id}}"


async def made(ask: Ask, query: str, **values: Any) -> str:
    (record,) = (await ask(query, d=values))["data"].values()
    return str(record["id"])


@pytest.fixture
async def pages(sandbox: TwentySandbox, ask: Ask) -> dict[str, str]:
    """The pages of a person with a call, a timeline row and a note, all of them evil."""
    found = await ask('{workspaceMember(filter: {userEmail: {eq: "admin@sandbox.example"}}) {id}}')
    member = found["data"]["workspaceMember"]["id"]
    phones = {"primaryPhoneNumber": "+33159130001"}
    person = await made(ask, PERSON, name={"firstName": EVIL}, jobTitle=EVIL, phones=phones)
    call = await made(
        ask,
        CALL,
        name=f"Call {EVIL}",
        status="MISSED",
        direction="INBOUND",
        startedAt="2026-11-22T15:02:00Z",
        personId=person,
        agentId=member,
        transcript={"markdown": EVIL},
        recording={"primaryLinkUrl": "https://phone.example.com/1", "primaryLinkLabel": "Listen"},
    )
    linked = {"linkedRecordId": call, "linkedRecordCachedName": f"Call {EVIL}", "workspaceMemberId": member}
    await made(ask, TIMELINE, name="linked-phoneCall.created", targetPersonId=person, **linked)
    note = await made(ask, NOTE, title=EVIL, bodyV2={"markdown": EVIL})
    await made(ask, TARGET, noteId=note, targetPersonId=person)
    return {
        "people": "/",
        "calls": "/calls",
        "call": f"/calls/{call}",
        "person": f"/people/{person}",
        # As Twenty has them.
        "people of Twenty": "/objects/people",
        "calls of Twenty": "/objects/phoneCalls",
        "call of Twenty": f"/object/phoneCall/{call}",
        "person of Twenty": f"/object/person/{person}",
        **{tab: f"/people/{person}?tab={tab}" for tab in ("notes", "tasks")},
        "person's calls": f"/people/{person}?tab=calls",
    }


async def read(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as answer:
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        return await answer.text()


async def test_markup_from_records_is_text(
    sandbox: TwentySandbox, session: aiohttp.ClientSession, pages: dict[str, str]
) -> None:
    for path in pages.values():
        page = await read(session, sandbox.url + path)
        assert EVIL not in page
        assert "<script" not in page
    assert "&lt;script&gt;" in await read(session, sandbox.url + pages["people"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("people", ["People", "+33 1 59 13 00 01", "tel:+33159130001"]),
        (
            "person",
            ["Timeline", "Ada Admin</b> linked a phone call", "created a related note", "was created by"],
        ),
        ("person's calls", ["Missed", "Inbound", "Nov 22, 2026 3:02 PM", "Ada Admin"]),
        ("calls", ["Phone calls", "Missed"]),
        ("call", ["Listen", "https://phone.example.com/1", "Transcript"]),
    ],
)
async def test_what_a_page_shows(
    sandbox: TwentySandbox,
    session: aiohttp.ClientSession,
    pages: dict[str, str],
    name: str,
    words: list[str],
) -> None:
    page = await read(session, sandbox.url + pages[name])
    assert [word for word in words if word not in page] == []


async def test_a_timeline_row_opens_its_call(
    sandbox: TwentySandbox, session: aiohttp.ClientSession, pages: dict[str, str]
) -> None:
    page = await read(session, sandbox.url + pages["person"])
    assert f'href="{pages["call"]}"' in page
    assert re.search(r'href="/sandbox/style.css"', page)


async def test_a_workspace_without_phone_calls_has_pages_too(session: aiohttp.ClientSession) -> None:
    async with twenty_sandbox() as sandbox:
        assert "No people yet" in await read(session, sandbox.url + "/")
        assert "No phone calls yet" in await read(session, sandbox.url + "/calls")
        for path in ("/people/nobody", "/calls/none", "/nowhere"):
            async with session.get(sandbox.url + path) as answer:
                assert answer.status == 404


@pytest.mark.parametrize(
    ("address", "html"),
    [
        ("https://a.example/?a&b", '<a href="https://a.example/?a&amp;b" rel="noreferrer">x</a>'),
        ("javascript:alert(1)", "<span>x</span>"),
    ],
)
def test_only_web_addresses_become_links(address: str, html: str) -> None:
    assert web_link(address, "x") == html


def test_html_is_escaped_once() -> None:
    assert join(tag("b", "<", class_='"'), "&") == '<b class="&quot;">&lt;</b>&amp;'
