"""Against tokens and screen pops: somebody who is not who they should be, or asks from elsewhere."""

import jwt

from tests.web.conftest import KEY, PAGE
from tests.web.hostile.row import JSON, KEYED, Row, request

EVIL = "https://evil.example.com"
BEARER = {"WWW-Authenticate": "Bearer"}
NO_KEY = "Sign in to Twenty, or send a key in the header Authorization, as a Bearer token."
WRONG_KEY = "This is neither a key of ours nor an access token of Twenty's."
NO_BEARER = "The Authorization header should be: Bearer, a space, and a key or a token."
OVER = "Twenty does not know this token, or it has expired. Sign in to Twenty again."
NO_PAGE = (
    "The page's origin is not one of the configured ones (cors.origins), or the request has a method or"
    " header other than GET, POST, PUT, Authorization and Content-Type."
)
SESSION = ("Cookie", "__Host-twenty-session=abcdef; twenty-session=abcdef")
NO_LONGER = jwt.encode({"exp": 1}, "an invented secret of thirty-two characters")
UNKNOWN = jwt.encode({"exp": 4_000_000_000}, "an invented secret of thirty-two characters")
NOBODYS = "The identity is none of the configured agents'."
NOT_ALLOWED = {"Access-Control-Allow-Origin": None, "Access-Control-Allow-Credentials": None}
ANYONE = {"auth": {"anonymous": True}}
ASKS = b'{"identity": "twenty-user-1"}'


def unknown(name: str, sent: bytes, detail: str = WRONG_KEY) -> Row:
    return Row(name=name, sent=sent, status=401, detail=detail, headers={**BEARER, **NOT_ALLOWED})


def preflight(name: str, origin: str) -> Row:
    asked = [("Origin", origin), ("Access-Control-Request-Method", "POST")]
    return Row(
        name=name,
        sent=request("OPTIONS", "/token", asked),
        status=403,
        detail=NO_PAGE,
        headers=NOT_ALLOWED,
    )


def asked(name: str, body: bytes, detail: str) -> Row:
    return Row(name=name, sent=request("POST", "/token", [JSON, KEYED], body), status=400, detail=detail)


KEYS = [
    unknown("no key", request("POST", "/token", [JSON], ASKS), NO_KEY),
    unknown("wrong key", request("POST", "/token", [JSON, ("Authorization", "Bearer guess")], ASKS)),
    unknown(
        "key by Basic", request("POST", "/token", [JSON, ("Authorization", f"Basic {KEY}")], ASKS), NO_BEARER
    ),
    unknown("key in the query", request("POST", f"/token?key={KEY}", [JSON], ASKS), NO_KEY),
    unknown("key that is no ASCII", request("POST", "/token", [JSON, ("Authorization", "Bearer \xff")])),
    unknown(
        "access token that is over",
        request("POST", "/token", [JSON, ("Authorization", f"Bearer {NO_LONGER}")], ASKS),
        OVER,
    ),
    unknown("session without a page", request("POST", "/token", [JSON, SESSION], ASKS), NO_KEY),
    unknown(
        "session from elsewhere", request("POST", "/token", [JSON, SESSION, ("Origin", EVIL)], ASKS), NO_KEY
    ),
    unknown("session in a link", request("GET", "/api/callers/+33612345678", [SESSION]), NO_KEY),
    unknown("screen pop without key", request("GET", "/api/callers/+33612345678"), NO_KEY),
    unknown("number checked without key", request("GET", "/api/numbers/+33612345678"), NO_KEY),
    unknown("emergency number without key", request("GET", "/api/numbers/112"), NO_KEY),
    unknown("call looked at without key", request("GET", "/api/calls/CA" + "0" * 32), NO_KEY),
    unknown("call declined without key", request("POST", "/api/calls/CA" + "0" * 32 + "/decline"), NO_KEY),
    unknown("calls of an agent without key", request("GET", "/api/me/calls?identity=alice"), NO_KEY),
    unknown(
        "missed calls seen without key",
        request("POST", "/api/me/calls/seen", [JSON], b'{"until": "2026-11-29T12:00:00Z"}'),
        NO_KEY,
    ),
    unknown(
        "availability without key",
        request("PUT", "/api/me/availability", [JSON], b'{"status": "away", "identity": "alice"}'),
        NO_KEY,
    ),
    unknown("people searched without key", request("GET", "/api/people?search=jane"), NO_KEY),
    unknown("person without key", request("GET", "/api/people/" + "0" * 36), NO_KEY),
    unknown("party of a call without key", request("GET", "/api/phone-calls/" + "0" * 36), NO_KEY),
    Row(
        name="people searched by a key that is not to",
        sent=request("GET", "/api/people?search=jane&identity=alice", [KEYED]),
        status=403,
        detail="The settings do not let you search people (phone.search).",
        settings={"agents": {"names": ("alice",)}},
    ),
    unknown("events without key", request("GET", "/api/events?identity=alice"), NO_KEY),
    Row(
        name="events of a user of Twenty, by key",
        sent=request("GET", "/api/events?identity=wm_0123", [KEYED]),
        status=400,
        detail="Identities that begin with wm_ are kept for users of Twenty.",
    ),
    unknown("agents without key", request("GET", "/api/agents"), NO_KEY),
    unknown(
        "note without key",
        request("PUT", "/api/calls/CA" + "0" * 32 + "/note", [JSON], b'{"note": "a", "version": 0}'),
        NO_KEY,
    ),
    Row(
        name="note of a version that is a text",
        sent=request(
            "PUT", "/api/calls/CA" + "0" * 32 + "/note", [JSON, KEYED], b'{"note": "a", "version": "0"}'
        ),
        status=400,
        detail="version: Input should be a valid integer.",
    ),
    unknown("who one is without key", request("GET", "/api/me"), NO_KEY),
    unknown(
        "session that a page elsewhere sends",
        request("GET", "/api/me", [SESSION, ("Sec-Fetch-Site", "cross-site")]),
        NO_KEY,
    ),
    Row(
        name="who one is, as another agent",
        sent=request("GET", "/api/me?identity=wm_0123", [KEYED]),
        status=400,
        detail="Identities that begin with wm_ are kept for users of Twenty.",
    ),
    Row(
        name="one-time link that is a guess",
        sent=request("POST", "/api/sign-in", [JSON], b'{"secret": "tbl_guess"}'),
        status=404,
        detail="There is no such link. Copy all of it, or ask for a new one.",
    ),
    Row(
        name="one-time link tried by a form",
        sent=request("POST", "/api/sign-in", [("Content-Type", "text/plain")], b'{"secret": "tbl_guess"}'),
        status=415,
        detail="The body should be application/json.",
    ),
    unknown("sign-out without key", request("POST", "/api/sign-out", [JSON], b"{}"), NO_KEY),
    unknown(
        "device key that is a guess",
        request("GET", "/api/me", [("Authorization", "Bearer tbd_guess")]),
        "This device is signed in no longer. Ask for a new link.",
    ),
    Row(
        name="screen pop by anyone",
        sent=request("GET", "/api/callers/+33612345678", [("Origin", PAGE)]),
        status=401,
        detail=NO_KEY,
        headers=BEARER,
        settings=ANYONE,
    ),
]

ORIGINS = [
    preflight("preflight from elsewhere", EVIL),
    preflight("preflight from a host that begins like ours", f"{PAGE}.evil.example.com"),
    preflight("preflight from nowhere", "null"),
    preflight("preflight for any", "*"),
    Row(
        name="read from elsewhere",
        sent=request("GET", "/capabilities", [("Origin", EVIL)]),
        status=200,
        headers=NOT_ALLOWED,
    ),
    Row(
        name="token for anyone, from elsewhere",
        sent=request("POST", "/token", [JSON, ("Origin", EVIL)], ASKS),
        status=403,
        detail="The page's origin is not one of the configured ones (cors.origins).",
        headers=NOT_ALLOWED,
        settings=ANYONE,
    ),
]

IDENTITIES = [
    asked(
        "identity of a user of Twenty",
        b'{"identity": "wm_0123"}',
        "Identities that begin with wm_ are kept for users of Twenty.",
    ),
    asked(
        "identity that nobody has",
        b'{"identity": "<script>"}',
        "The identity is none of the configured agents'.",
    ),
    asked(
        "identity that is no text",
        b'{"identity": ["a"]}',
        'The body should be an object with a text in it: {"identity": "…"}.',
    ),
    Row(
        name="token asked for as plain text",
        sent=request("POST", "/token", [("Content-Type", "text/plain"), KEYED], ASKS),
        status=415,
        detail="The body should be application/json or application/x-www-form-urlencoded.",
    ),
]

LIMITED = [
    Row(
        name="forged X-Forwarded-For",
        before=request("POST", "/token", [JSON, KEYED], ASKS),
        sent=request("POST", "/token", [JSON, KEYED, ("X-Forwarded-For", "192.0.2.1")], ASKS),
        status=429,
        detail="Too many tokens go to your address: 1 a minute are allowed. Try again in 60 s.",
        headers={"Retry-After": "60"},
        settings={"tokens": {"per_address": 1}},
    ),
    Row(
        name="tokens without end",
        before=request("POST", "/token", [JSON, KEYED], ASKS),
        sent=request("POST", "/token", [JSON, KEYED], ASKS),
        status=429,
        detail="Too many tokens are requested for this agent: 1 a minute are allowed. Try again in 60 s.",
        headers={"Retry-After": "60"},
        settings={"tokens": {"per_agent": 1}},
    ),
    Row(
        name="access token of nobody's while Twenty is away",
        sent=request("POST", "/token", [JSON, ("Authorization", f"Bearer {UNKNOWN}")], ASKS),
        status=503,
        detail="Twenty, which knows who you are, does not answer now; try again.",
        headers={"Retry-After": "1"},
    ),
]

ROWS = [*KEYS, *ORIGINS, *IDENTITIES, *LIMITED]
