"""Against what was said: recordings, and calls of others."""

from bridge.calls.recording_links import RecordingLinks
from tests.web.conftest import PUBLIC_URL
from tests.web.hostile.row import JSON, KEYED, Row, request

LINK_KEY, FORMER_KEY = "an invented key that signs links", "the one that signed them before"
ACCOUNT, RECORDING, ANOTHER = "AC" + "0" * 32, "RE" + "1" * 32, "RE" + "2" * 32
CALL = "CA" + "1" * 32
NO_LINK = "The link is not one of ours, or its key is not in use any more. Open the call in Twenty again."
NO_SID = "The last part of the path should be a recording's SID, as RE…."
NO_CALL = "The last part of the path should be a call's SID, as CA…."
NO_KEY = "Sign in to Twenty, or send a key in the header Authorization, as a Bearer token."
KEYED_LINKS = {"recordings": {"link_keys": (LINK_KEY,)}}


def signature(*, key: str = LINK_KEY, account: str = ACCOUNT, sid: str = RECORDING) -> str:
    """That of a link."""
    links = RecordingLinks(PUBLIC_URL, account, keys=[key.encode()])
    return links.link(sid).rpartition("=")[2]


def link(name: str, query: str, *, sid: str = RECORDING) -> Row:
    return Row(
        name=name,
        sent=request("GET", f"/recordings/{sid}{query}"),
        status=403,
        detail=NO_LINK,
        settings=KEYED_LINKS,
    )


def no_recording(name: str, last: str) -> Row:
    sent = request("GET", f"/recordings/{last}?signature={signature()}")
    return Row(name=name, sent=sent, status=404, detail=NO_SID, settings=KEYED_LINKS)


LINKS = [
    link("recording without signature", ""),
    link("recording with a guess", "?signature=guess"),
    link("signature of another recording", f"?signature={signature(sid=ANOTHER)}"),
    link("signature of another account", f"?signature={signature(account='AC' + '9' * 32)}"),
    link("signature of a key that was rotated", f"?signature={signature(key=FORMER_KEY)}"),
    link("signature given twice", f"?signature={signature()}&signature=guess"),
    no_recording("file for a recording", "..%2f..%2fetc%2fpasswd"),
    no_recording("URL for a recording", "https:%2f%2fevil.example.com%2fRE1"),
    no_recording("call for a recording", CALL),
]


def transcript(name: str, query: str) -> Row:
    sent = request("GET", f"/transcripts/{CALL}{query}")
    return Row(name=name, sent=sent, status=403, detail=NO_LINK, settings=KEYED_LINKS)


def no_transcript(name: str, last: str) -> Row:
    sent = request("GET", f"/transcripts/{last}?signature={signature()}")
    return Row(name=name, sent=sent, status=404, detail=NO_CALL, settings=KEYED_LINKS)


TRANSCRIPTS = [
    transcript("page of a transcript without signature", ""),
    transcript("page of a transcript with a guess", "?signature=guess"),
    transcript("page of a transcript by the signature of a recording", f"?signature={signature(sid=CALL)}"),
    no_transcript("recording for a transcript", RECORDING),
    no_transcript("file for a transcript", "..%2f..%2fetc%2fpasswd"),
]


def acts(name: str, action: str, body: bytes, *headers: tuple[str, str], status: int, detail: str) -> Row:
    sent = request("POST", f"/api/calls/{CALL}/{action}", [JSON, *headers], body)
    return Row(name=name, sent=sent, status=status, detail=detail)


CALLS = [
    acts("hang-up without key", "hangup", b"{}", status=401, detail=NO_KEY),
    acts("transfer without key", "transfer", b'{"to": "+33612345678"}', status=401, detail=NO_KEY),
    acts(
        "call that nobody knows",
        "hangup",
        b'{"identity": "twenty-user-1"}',
        KEYED,
        status=404,
        detail="There is no such call.",
    ),
]

ROWS = [*LINKS, *TRANSCRIPTS, *CALLS]
