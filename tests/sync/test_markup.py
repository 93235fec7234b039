"""Names, numbers and words that would like to be more than text stay text, all the way into Twenty."""

from typing import Any

import aiohttp
from aiohttp import web

from bridge.calls.callback import Kind
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.sync.worker import Worker
from tests.support import ask, create_person, lines_of, new_sid, nodes_of, phone_calls, told
from tests.sync.support import drain

JANE = "+33612345678"
EVIL = "<script>alert(1)</script> ]]> & [a](https://evil.example) ![b](https://evil.example/c) `x` *y*"


async def test_a_persons_name_is_a_name(inbox: Inbox, twenty: TwentySandbox, worker: Worker) -> None:
    await create_person(twenty, EVIL, primaryPhoneNumber=JANE)
    sid = new_sid()
    call: Any = {"From": JANE, "To": "+33159130001", "Direction": "inbound"}
    await inbox.store(told(Kind.VOICE, sid, CallStatus="ringing", **call))
    recording: Any = {"RecordingSid": "RE" + "1" * 32}
    await inbox.store(told(Kind.VOICEMAIL, sid, at=50, RecordingDuration="17", **recording))
    await inbox.store(told(Kind.TRANSCRIPTION, sid, at=60, TranscriptionText=EVIL, **recording))
    await drain(worker)
    assert EVIL in (await phone_calls(twenty))[sid]["name"]
    written = nodes_of(await ask(twenty, "{ notes { edges { node { title bodyV2 { blocknote } } } } }"))
    assert [lines_of(note["bodyV2"]["blocknote"])[0] for note in written] == [f"> {EVIL}"]
    assert EVIL in written[0]["title"]
    for path in ("/", "/calls"):
        assert "<script>alert" not in await page(twenty.url + path)


async def page(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == web.HTTPOk.status_code
        return await answer.text()
