"""What callers, agents and Twilio write may hold any character: no call is lost for it, nor one beside it."""

import asyncio
from typing import Any

from bridge.calls.callback import Callback, Kind
from bridge.inbox.store import Inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import TwentyClient
from tests.support import ask, create_person, new_sid, nodes_of, outbound, phone_calls, told
from tests.sync.conftest import MakeWorker
from tests.sync.support import Settings, drain

CONTROLS = [chr(code) for code in range(0x20)]
HALVES = ["\ud800", "\udbff", "\udc00", "\udfff", "\udc00\ud800"]
JANES, STRANGERS = "+33639980001", "+33639980002"
NOTES = "{ notes(first: 1000) { edges { node { title bodyV2 { blocknote } } } } }"


def call_with(text: str, sid: str) -> list[Callback]:
    """A message of a stranger, with the text wherever a text from outside can stand."""
    parties: dict[str, Any] = {
        "From": STRANGERS,
        "To": "+33159130001",
        "Direction": "inbound",
        "CallerName": f"Paul{text}M",
    }
    recording: dict[str, Any] = {"RecordingSid": f"RE{sid[2:]}", "RecordingUrl": "https://api.twilio.com/RE1"}
    said: dict[str, Any] = {
        "Id": sid,
        "Agent": f"ali{text}ce",
        "Outcome": f"So{text}ld",
        "Note": f"Two{text}of them",
    }
    return [
        told(Kind.VOICE, sid, **parties, CallStatus="ringing", CallerCity=f"Pa{text}ris"),
        told(Kind.RECORDING, sid, at=20, RecordingDuration="9", RecordingSource="RecordVerb", **recording),
        told(Kind.TRANSCRIPTION, sid, at=25, TranscriptionText=f"Call{text}me", **recording),
        told(Kind.STATUS, sid, at=30, CallStatus="completed", CallDuration="30", **parties),
        told(Kind.DISPOSITION, sid, at=40, **said),
    ]


async def test_among_199_others_all_are_written(
    twenty: TwentySandbox, inbox: Inbox, client: TwentyClient, make_worker: MakeWorker
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANES)
    hostile = [one for text in (*CONTROLS, *HALVES) for one in call_with(text, new_sid())]
    good = [outbound(new_sid(), JANES) for _ in range(199)]
    await asyncio.gather(*[inbox.store(one) for one in (*good, *hostile)])
    worker = make_worker(client, Settings(nobody="create"))
    await drain(worker)
    backlog = await inbox.backlog()
    assert (backlog.due, backlog.parked) == (0, 0)
    assert set(await phone_calls(twenty)) == {one.root_sid for one in (*good, *hostile)}
    notes = " ".join(repr(note) for note in nodes_of(await ask(twenty, NOTES)))
    # Of NUL and of each half.
    assert notes.count("Twoof them") >= 1 + len(HALVES)
