"""What a browser shows: which of it is worth asking Twenty about, and until when it can hold."""

import base64
import json
import math
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.twenty.users.credentials import bearer, session

ORIGIN = "https://crm.example.com"
SECRET = "an invented secret of thirty-two characters"


def token(**claims: Any) -> str:
    return jwt.encode(claims, SECRET)


def raw(payload: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).decode()
    return f"{header}.{base64.urlsafe_b64encode(payload.encode()).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("shown", "expires"),
    [
        (token(exp=1795000000), 1795000000.0),
        (raw('{"exp": 1795000000.5}'), 1795000000.5),
        (raw('{"exp": "1795000000"}'), 1795000000.0),
        (raw('{"exp": Infinity}'), math.inf),
        (raw('{"exp": NaN}'), None),
        (raw('{"exp": []}'), None),
        (raw('{"exp": ' + "9" * 400 + "}"), None),
        (raw("[" * 3000), None),
        (raw("[]"), None),
        (token(sub="nobody"), None),
        ("an-invented-widget-key", None),
        ("a.b.c", None),
        ("..", None),
        ("", None),
        ("\udce9.\udce9.\udce9", None),
    ],
)
def test_bearer(shown: str, expires: float | None) -> None:
    found = bearer(shown)
    assert (found and found.expires) == expires
    assert found is None or found.headers == {"Authorization": f"Bearer {shown}"}


@given(st.text())
def test_whatever_is_shown_raises_nothing(shown: str) -> None:
    bearer(shown)
    session({"twenty-session": shown}, origin=ORIGIN)


@pytest.mark.parametrize(
    ("cookies", "sent"),
    [
        ({"twenty-session": "abc"}, "twenty-session=abc"),
        ({"__Host-twenty-session": "abc", "twenty-session": "old"}, "__Host-twenty-session=abc"),
        ({"twenty-session": token(exp=5)}, f"twenty-session={token(exp=5)}"),
        ({"twenty-session": ""}, None),
        ({"twenty-session": "a; other=b"}, None),
        ({"twenty-session": "a\r\nX: b"}, None),
        ({"twenty-session": "é"}, None),
        ({"twenty-session": "a" * 4097}, None),
        ({"session": "abc"}, None),
        ({}, None),
    ],
)
def test_session(cookies: dict[str, str], sent: str | None) -> None:
    found = session(cookies, origin=ORIGIN)
    assert (found and found.headers) == ({"Cookie": sent, "Origin": ORIGIN} if sent else None)


def test_a_session_of_which_nobody_can_read_the_end_holds_as_long_as_twenty_says() -> None:
    opaque, signed = (session({"twenty-session": v}, origin=ORIGIN) for v in ("abc", token(exp=5)))
    assert opaque is not None
    assert signed is not None
    assert (opaque.expires, signed.expires) == (math.inf, 5)


def test_what_is_shown_is_not_told() -> None:
    found = bearer(token(exp=5))
    assert found is not None
    assert token(exp=5) not in repr(found)
    assert token(exp=5).encode() not in found.digest
