"""Agents' days, as Twilio tells of them: calls that are missed, taken, placed, and messages."""

from itertools import count
from typing import Any

from tests.web.conftest import KEY, Answer, Bridge

HEADERS = {"Authorization": f"Bearer {KEY}"}
OURS = "+33159130001"
RECORDING = "RE" + "d" * 32
SIDS = count(1)


def new_sid() -> str:
    return f"CA{next(SIDS):032x}"


async def ask(bridge: Bridge, path: str, by: str = "alice", **query: Any) -> Answer:
    return await bridge.get(path, params={"identity": by, **query}, headers=HEADERS)


async def tell(bridge: Bridge, method: str, path: str, by: str = "alice", **body: Any) -> Answer:
    return await bridge.request(method, path, json={"identity": by, **body}, headers=HEADERS)


async def calls_in(bridge: Bridge, number: str, *, to: str = OURS) -> str:
    """A call begins; whom it rings is the bridge's to say."""
    form = {"CallSid": (sid := new_sid()), "From": number, "To": to, "Direction": "inbound"}
    await bridge.twilio("/twilio/voice", {**form, "CallStatus": "ringing"})
    return sid


async def leg(bridge: Bridge, call_sid: str, agent: str, *statuses: str, number: str = "+33639980001") -> str:
    """What becomes of an agent's phone that rings."""
    form = {"CallSid": (sid := new_sid()), "ParentCallSid": call_sid, "Direction": "outbound-dial"}
    for status in statuses:
        told = {**form, "From": number, "To": f"client:{agent}", "CallStatus": status}
        await bridge.twilio("/twilio/status?direction=inbound", told)
    return sid


async def over(bridge: Bridge, sid: str, number: str, dialled: str, *, status: str = "completed") -> None:
    """The last step of a call in is over, and so is the call."""
    form = {"CallSid": sid, "From": number, "To": OURS, "Direction": "inbound"}
    await bridge.twilio("/twilio/dial?step=9", {**form, "CallStatus": status, "DialCallStatus": dialled})
    await bridge.twilio("/twilio/status", {**form, "CallStatus": "completed"})


async def missed(bridge: Bridge, number: str, *agents: str) -> str:
    """A call that rang these agents, and that none of them took."""
    sid = await calls_in(bridge, number)
    for agent in agents:
        await leg(bridge, sid, agent, "ringing", "no-answer", number=number)
    await over(bridge, sid, number, "no-answer")
    return sid


async def taken(bridge: Bridge, number: str, agent: str, *others: str) -> str:
    """A call that an agent took, and that rang others, too."""
    sid = await calls_in(bridge, number)
    for other in others:
        await leg(bridge, sid, other, "ringing", "canceled", number=number)
    await leg(bridge, sid, agent, "ringing", "in-progress", "completed", number=number)
    await over(bridge, sid, number, "completed")
    return sid


async def message(bridge: Bridge, number: str, *agents: str) -> str:
    """A caller left a message."""
    sid = await calls_in(bridge, number)
    for agent in agents:
        await leg(bridge, sid, agent, "ringing", "no-answer", number=number)
    form = {"CallSid": sid, "From": number, "To": OURS, "Direction": "inbound", "CallStatus": "completed"}
    recorded = {"RecordingSid": RECORDING, "RecordingUrl": f"https://api.twilio.com/{RECORDING}"}
    await bridge.twilio("/twilio/voicemail", {**form, **recorded, "RecordingDuration": "17"})
    said = {"TranscriptionText": "Call me back.", "TranscriptionStatus": "completed"}
    await bridge.twilio("/twilio/transcription", {**form, **recorded, **said})
    return sid


async def placed(bridge: Bridge, agent: str, number: str, *, ends: str = "completed") -> str:
    """A call that an agent placed."""
    form = {"CallSid": (sid := new_sid()), "From": f"client:{agent}", "To": number, "Direction": "inbound"}
    await bridge.twilio("/twilio/voice", {**form, "CallStatus": "ringing"})
    out = {"CallSid": new_sid(), "ParentCallSid": sid, "From": OURS, "To": number}
    for status in ("ringing", *(("in-progress",) if ends == "completed" else ()), ends):
        told = {**out, "CallStatus": status, "Direction": "outbound-dial"}
        await bridge.twilio(f"/twilio/status?agent={agent}", told)
    await bridge.twilio("/twilio/status", {**form, "CallStatus": "completed"})
    return sid
