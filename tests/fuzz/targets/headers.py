"""What stands in a request's head: tokens, cookies, proxies' addresses, languages; and in an answer's."""

import base64
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import jwt

from bridge.network.errors import media_type, seconds_of
from bridge.twenty.users import credentials
from bridge.twenty.users.resemblance import traits_of
from bridge.web.authentication.client_address import client_address, parse, site
from bridge.web.languages import preferred
from bridge.web.recordings import ONE_RANGE
from tests.fuzz.target import Around, Target

HEAD = 8 * 1024
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def in_head(data: bytes) -> str:
    """As aiohttp has a header: no line break in it, and bytes that are no UTF-8 as halves of surrogates."""
    return data.translate(None, b"\r\n\0")[:HEAD].decode("utf-8", "surrogateescape")


def _credentials(token: str) -> Any:
    found = credentials.bearer(token)
    cookie = credentials.session({"twenty-session": token}, origin="https://crm.example.com")
    return found, cookie, traits_of(token)


def _are_read_as_the_standard_says(token: str, found: Any) -> None:
    bearer, cookie, traits = found
    for one in filter(None, (bearer, cookie)):
        assert not math.isnan(one.expires)
        assert len(one.digest) == 32
        assert not any(mark in value for value in one.headers.values() for mark in "\r\n\0")
        assert token not in repr(one) or len(token) < 12
    if cookie:
        assert cookie.headers["Cookie"] == f"twenty-session={token}"
        assert ";" not in token
        assert '"' not in token
    if bearer:
        assert bearer.expires == float(_claims(token)["exp"])
        assert bearer.headers == {"Authorization": f"Bearer {token}"}
    assert len(traits.form) == 32
    head, dot, _ = token.rpartition(".")
    if dot and bearer:
        # Its signature says nothing of what it looks like.
        assert traits_of(f"{head}.AAAA").form == traits.form


def _claims(token: str) -> Any:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def _jwts() -> Iterator[bytes]:
    yield jwt.encode({"exp": 1795359318, "sub": "0" * 20, "type": "ACCESS"}, "k" * 32).encode()
    yield jwt.encode({"exp": "1e3", "workspaceId": "907f6063-654b-4106-ade6-3a2b1da8bbc6"}, "k" * 32).encode()
    yield b"not a token"


TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
PROXY = ip_address("10.0.0.1")


def _address(forwarded: str) -> Any:
    return client_address(PROXY, forwarded, TRUSTED), parse(forwarded)


def _is_whom_a_proxy_wrote(forwarded: str, found: Any) -> None:
    client, _ = found
    assert len(site(client)) <= 50
    # What stands left of the client is not believed.
    assert client_address(PROXY, f"192.0.2.9,{forwarded}", TRUSTED) in {client, ip_address("192.0.2.9")}
    assert client_address(ip_address("192.0.2.1"), forwarded, TRUSTED) == ip_address("192.0.2.1")
    assert client_address(PROXY, f"{forwarded},192.0.2.7", TRUSTED) == ip_address("192.0.2.7")


SPOKEN = ("en", "fr")


def _headers(text: str) -> Any:
    kind = media_type({"Content-Type": text})
    return preferred(text, SPOKEN), seconds_of(text, now=NOW), kind, ONE_RANGE.fullmatch(text)


def _are_bounded(text: str, found: Any) -> None:
    language, seconds, kind, part = found
    assert language in SPOKEN
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)
    assert ";" not in kind
    assert not part or text.isascii()
    assert preferred(f"{text[:40].replace(',', '')},fr;q=1", ("en", "fr")) in SPOKEN


TARGETS = {
    "token": Target(
        read=in_head,
        work=_credentials,
        holds=_are_read_as_the_standard_says,
        seeds=_jwts,
        largest=HEAD,
        words=(
            *(b"eyJ", b".", b"..", b"=", b"-_", b"eyJhbGciOiJub25lIn0"),
            *(base64.urlsafe_b64encode(text) for text in (b'{"exp":1e999}', b'{"exp":NaN}', b'{"exp":[1]}')),
            *(
                base64.urlsafe_b64encode(text)
                for text in (b'{"exp":true}', b'{"exp":"\\ud800"}', b"[]", b'{"crit":1}')
            ),
            *(
                base64.urlsafe_b64encode(text)
                for text in (b'{"alg":"HS256","b64":false}', b"[" * 200, b"1" * 99)
            ),
        ),
        grows=(Around(), Around(b"eyJhbGciOiJIUzI1NiJ9."), Around(b"eyJhbGciOiJIUzI1NiJ9.e30.")),
    ),
    "forwarded": Target(
        read=in_head,
        work=_address,
        holds=_is_whom_a_proxy_wrote,
        seeds=lambda: iter(
            (b"192.0.2.1", b"192.0.2.1:4711, 10.0.0.2", b"[2001:db8::1]:4711,unknown", b"::ffff:10.0.0.3")
        ),
        largest=HEAD,
        words=(b"10.0.0.2,", b"2001:db8::1,", b"%eth0", b"[", b"]", b"::ffff:", b" ", b"\xd9\xa1"),
        grows=(Around(), Around(b"", b"1")),
    ),
    "header": Target(
        read=in_head,
        work=_headers,
        holds=_are_bounded,
        seeds=lambda: iter(
            (
                b"fr-CH, fr;q=0.9, en;q=0.8",
                b"120",
                b"Sun, 22 Nov 2026 10:00:08 GMT",
                b"bytes=0-1",
                b"text/html; a=b",
            )
        ),
        largest=HEAD,
        words=(
            b";q=",
            b"nan",
            b"inf",
            b"1e9",
            b" -2359",
            b"1 Jan 1 00:00 +2359",
            b"9999",
            b"bytes=-",
            b"\xc2\xb2",
        ),
    ),
}
"""By name."""
