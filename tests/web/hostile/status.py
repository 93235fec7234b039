"""Against the status page: keys without the right, pages elsewhere, bodies that are no form."""

from collections.abc import Sequence

from tests.web.conftest import FORM, KEY, PUBLIC_URL
from tests.web.hostile.row import JSON, KEYED, Row, request

ORIGIN = ("Origin", PUBLIC_URL)
URLENCODED = ("Content-Type", FORM["Content-Type"])
NO_RIGHT = "These credentials do not have the right to see the status."
ELSEWHERE = "Only the status page itself may send this."
NO_FORM = "The body is not a form."


def posted(name: str, headers: Sequence[tuple[str, str]], body: bytes, status: int, detail: str) -> Row:
    return Row(name=name, sent=request("POST", "/status", headers, body), status=status, detail=detail)


SIGNING_IN = f"key={KEY}".encode()

ROWS = [
    Row(
        name="status with the key of a browser",
        sent=request("GET", "/status", [KEYED]),
        status=403,
        detail=NO_RIGHT,
    ),
    posted("status sign-in without a page", [URLENCODED], SIGNING_IN, 403, ELSEWHERE),
    posted(
        "status sign-in from elsewhere",
        [URLENCODED, ("Origin", "https://evil.example.com"), ("Sec-Fetch-Site", "same-origin")],
        SIGNING_IN,
        403,
        ELSEWHERE,
    ),
    posted(
        "status sign-in by a page in a frame",
        [URLENCODED, ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        SIGNING_IN,
        403,
        ELSEWHERE,
    ),
    posted(
        "status sign-in as JSON",
        [JSON, ORIGIN],
        b'{"key": "guess"}',
        415,
        f"The body should be {FORM['Content-Type']}.",
    ),
    posted("status sign-in of many fields", [URLENCODED, ORIGIN], b"a=1&" * 100, 400, NO_FORM),
    posted("status sign-in that is no UTF-8", [URLENCODED, ORIGIN], b"key=\xff", 400, NO_FORM),
]
