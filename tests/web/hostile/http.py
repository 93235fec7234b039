"""Against the server itself: requests that are no HTTP, two things at once, or too much."""

from bridge.wiring.application import Bounds
from tests.web.conftest import FORM
from tests.web.hostile.row import JSON, KEYED, NOTHING, UNREADABLE, UNSIGNED, Row, request, signed_by, twilio

FORMED = [*FORM.items()]
POSTED = request("POST", "/twilio/status", FORMED).removesuffix(b"\r\n")
UNREADABLE_FORM = "The form should be UTF-8, 500 fields at most."
TOO_LARGE = "The body is over 65536 bytes."
IMPATIENT = Bounds(body_seconds=1)


def unreadable(name: str, sent: bytes) -> Row:
    """What aiohttp's parser refuses; the connection is closed, whatever follows."""
    return Row(name=name, sent=sent, status=400, detail=UNREADABLE)


def with_header(line: bytes) -> bytes:
    return b"GET /health HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n"


NO_HTTP = [
    unreadable("TLS to the plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    unreadable("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    unreadable("unknown version", b"GET /health HTTP/9.9\r\n\r\n"),
    unreadable("bare line feeds", b"GET /health HTTP/1.1\nHost: x\n\n"),
    unreadable("no host", b"GET /health HTTP/1.1\r\n\r\n"),
    unreadable("method in lower case", b"get /health HTTP/1.1\r\nHost: x\r\n\r\n"),
    unreadable("header over two lines", with_header(b"A: b\r\n c")),
    unreadable("space before the colon", with_header(b"A : b")),
    unreadable("null byte in a header", with_header(b"A: b\0c")),
    unreadable("header of 9,000 bytes", with_header(b"A: " + b"b" * 9000)),
    unreadable("200 headers", with_header(b"\r\n".join(b"A%d: b" % n for n in range(200)))),
    unreadable("path of 9,000 bytes", request("GET", "/health?" + "a" * 9000)),
    unreadable("bytes that are no ASCII in the path", b"GET /health?\xff HTTP/1.1\r\nHost: x\r\n\r\n"),
]

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"0\r\n\r\nPOST /twilio/voice HTTP/1.1\r\nHost: x\r\n\r\n"
TWO_THINGS_AT_ONCE = [
    unreadable(
        "length and chunks", POSTED + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED
    ),
    unreadable("two lengths", POSTED + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc"),
    unreadable("negative length", POSTED + b"Content-Length: -1\r\n\r\n"),
    unreadable("length with a sign", POSTED + b"Content-Length: +3\r\n\r\na=b"),
    unreadable("unknown transfer encoding", POSTED + b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED),
    unreadable("chunked twice", POSTED + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + SMUGGLED),
    unreadable("chunk of no size", POSTED + CHUNKED + b"ZZ\r\na=b\r\n0\r\n\r\n"),
    Row(
        name="chunks that do not end",
        sent=POSTED + CHUNKED + b"3\r\na=b\r\n",
        status=408,
        detail="The body did not arrive within 1 seconds.",
        bounds=IMPATIENT,
    ),
]

TOO_MUCH = [
    Row(
        name="whole URL for a path",
        sent=request("POST", "http://127.0.0.1:8080/twilio/status", [*FORMED, ("X-Twilio-Signature", "x")]),
        status=403,
        detail=UNSIGNED,
    ),
    Row(
        name="path of 3,000 characters",
        sent=request("GET", "/health?" + "a" * 3000),
        status=414,
        detail="The path with its query is over 2048 characters.",
    ),
    Row(
        name="body of 65 KiB",
        sent=POSTED + b"Content-Length: 66560\r\n\r\n",
        status=413,
        detail=TOO_LARGE,
    ),
    Row(
        name="chunks of 65 KiB",
        sent=POSTED + CHUNKED + b"10400\r\n" + b"x" * 0x10400 + b"\r\n0\r\n\r\n",
        status=413,
        detail=TOO_LARGE,
    ),
    Row(
        name="body that does not come",
        sent=POSTED + b"Content-Length: 100\r\n\r\na=",
        status=408,
        detail="The body did not arrive within 1 seconds.",
        headers={"Connection": "close"},
        bounds=IMPATIENT,
    ),
    Row(
        name="compressed body",
        sent=request("POST", "/twilio/status", [*FORMED, ("Content-Encoding", "gzip")], b"\x1f\x8b"),
        status=415,
        detail="The body should be sent as it is, without Content-Encoding.",
    ),
    Row(
        name="501 fields",
        sent=twilio(body=b"&".join(b"a%d=" % n for n in range(501))),
        status=400,
        detail=UNREADABLE_FORM,
    ),
    Row(
        name="field of 20,000 characters",
        sent=twilio(body=b"a=" + b"b" * 20_000),
        status=403,
        detail=UNSIGNED,
    ),
    Row(
        name="JSON nested 30,000 deep",
        sent=request("POST", "/token", [JSON, KEYED], b"[" * 30_000),
        status=400,
        detail="The body is not valid JSON: line 1, column 1026.",
    ),
    Row(
        name="JSON number of 60,000 digits",
        sent=request("POST", "/token", [JSON, KEYED], b'{"identity": ' + b"9" * 60_000 + b"}"),
        status=400,
        detail="The body is not valid JSON: line 1, column 14.",
    ),
]

WRONG_PLACE = [
    Row(name="path traversal", sent=request("GET", "/../../etc/passwd"), status=404, detail=NOTHING),
    Row(
        name="path traversal, encoded",
        sent=request("GET", "/%2e%2e/%2e%2e/etc/passwd"),
        status=404,
        detail=NOTHING,
    ),
    Row(name="null byte in the path", sent=request("GET", "/health%00"), status=404, detail=NOTHING),
    Row(
        name="line break in the path",
        sent=request("GET", "/health%0d%0aSet-Cookie:%20a=b"),
        status=404,
        detail=NOTHING,
        headers={"Set-Cookie": None},
    ),
    Row(name="two slashes", sent=twilio("//twilio/status"), status=404, detail=NOTHING),
    Row(
        name="request line with another host",
        sent=request(
            "POST",
            "http://evil.example.com/twilio/status",
            [*FORMED, ("X-Twilio-Signature", signed_by())],
            b"CallSid=CA1",
        ),
        status=403,
        detail=UNSIGNED,
    ),
    Row(name="CONNECT", sent=request("CONNECT", "evil.example.com:443"), status=404, detail=NOTHING),
    Row(
        name="TRACE",
        sent=request("TRACE", "/health", [KEYED]),
        status=405,
        detail="Use GET here.",
        headers={"Allow": "GET"},
    ),
    Row(
        name="GET of what Twilio posts",
        sent=request("GET", "/twilio/status?CallSid=CA1"),
        status=405,
        detail="Use POST here.",
        headers={"Allow": "POST"},
    ),
    Row(
        name="unknown expectation",
        sent=request("POST", "/twilio/status", [*FORMED, ("Expect", "<script>")], b"a=b"),
        status=417,
        detail="The only supported value of Expect is 100-continue.",
    ),
]

ROWS = [*NO_HTTP, *TWO_THINGS_AT_ONCE, *TOO_MUCH, *WRONG_PLACE]
