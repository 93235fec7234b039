"""The page of a transcript: for holders of its link, in both languages, and any text is text."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bridge.calls.agents import Identity
from bridge.calls.callback import Kind
from bridge.calls.transcripts.segments import Role, Segment, Speaker, Transcript
from bridge.inbox.forgetting import erase
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.transcripts.jobs import claim_job, finish_job
from bridge.web.operation.access_log import observing
from bridge.web.transcripts import TranscriptPages
from tests.inbox.support import incoming, kept
from tests.support import LINKS, TEN, new_sid, told

JANE = "+33639980001"
HOSTILE = "<script>alert(1)</script></p></bdi><img src=x onerror=y> \u202e reversed \x00 \ud800 & &lt;"
HOLDER, LATER = b"1" * 16, TEN + timedelta(minutes=2)


def names(_identities: Iterable[Identity]) -> dict[str, str]:
    return {"anna": "Anna <b>Bold</b>"}


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url, transcribing=True) as opened:
        yield opened


@pytest.fixture
async def pages(inbox: Inbox) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[observing()])
    shown = TranscriptPages(inbox, LINKS, names, region="FR", root="/phone")
    app.router.add_get("/transcripts/{sid}", shown.show)
    async with TestClient(TestServer(app)) as client:
        yield client


async def transcribed(inbox: Inbox, text: str) -> str:
    """A call in which Jane said this; its SID."""
    call = new_sid()
    url = f"https://api.twilio.com/RE{call[2:]}"
    own = {"RecordingSid": f"RE{call[2:]}", "RecordingUrl": url, "RecordingDuration": "60"}
    await kept(inbox, *incoming(call, JANE), told(Kind.RECORDING, call, at=40, **own))
    job = await claim_job(inbox, HOLDER, now=LATER)
    assert job
    said = Transcript(
        segments=(
            Segment(Speaker(Role.CUSTOMER, JANE), 5, 6, text),
            Segment(Speaker(Role.AGENT, "anna"), 7, 8, "Good bye."),
        ),
        language="en",
        engine="openai",
    )
    await finish_job(inbox, job, HOLDER, said, starts_at=TEN, now=LATER)
    return call


def path_of(call: str) -> str:
    return LINKS.transcript(call).partition("example.com")[2]


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_who_has_the_link_reads_it_and_any_text_is_text(
    inbox: Inbox, pages: TestClient[web.Request, web.Application]
) -> None:
    call = await transcribed(inbox, HOSTILE)
    answer = await pages.get(path_of(call), headers={"Accept-Language": "fr-CA, en;q=0.5"})
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert answer.headers["X-Robots-Tag"] == "noindex"
    body = await answer.text()
    assert '<html lang="fr">' in body
    page = _Tags(body)
    assert not page.tags & {"script", "img", "a", "style", "iframe"}
    assert "<script>alert(1)</script></p></bdi><img src=x onerror=y>" in page.text
    assert "+33 6 39 98 00 01 (0:05): " in page.text
    assert "Anna <b>Bold</b> (0:07): Good bye." in page.text
    assert "Transcription" in page.text
    english = await (await pages.get(path_of(call))).text()
    assert '<html lang="en">' in english
    await erase(inbox, [call])
    assert (await pages.get(path_of(call))).status == 404


async def test_no_other_link_opens_it(inbox: Inbox, pages: TestClient[web.Request, web.Application]) -> None:
    call = await transcribed(inbox, "Hello")
    another = path_of(new_sid()).partition("?")[2]
    recording = LINKS.link(call).partition("?")[2]
    for query in (
        "",
        "signature=guess",
        another,
        recording,
        f"{path_of(call).partition('?')[2]}&signature=x",
    ):
        refused: ClientResponse = await pages.get(f"/transcripts/{call}?{query}")
        assert refused.status == 403
        assert "Hello" not in await refused.text()
    assert (await pages.get(f"/transcripts/RE{call[2:]}?signature=x")).status == 404
    assert (await pages.get(path_of(new_sid()))).status == 404
