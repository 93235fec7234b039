"""Headers of every answer, also of those that aiohttp gives by itself."""

import re

import pytest

from tests.web.conftest import PAGE, Answer, Bridge, OpenBridge

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
BANNER = re.compile(r"aiohttp|python|server:", re.IGNORECASE)


def is_plain(answer: Answer) -> None:
    """Fails for an answer without the headers, or with one that tells what we run on."""
    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
    assert not BANNER.search("\n".join(f"{name}: {value}" for name, value in answer.headers.items()))
    assert "Traceback" not in answer.text
    assert "<" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health"),
        ("GET", "/ready"),
        ("GET", "/capabilities"),
        ("POST", "/token"),
        ("POST", "/twilio/status"),
        ("GET", "/nothing"),
        ("DELETE", "/health"),
        ("OPTIONS", "/token"),
    ],
)
async def test_every_answer_has_them(bridge: Bridge, method: str, path: str) -> None:
    is_plain(await bridge.request(method, path))


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"hello\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /<script>alert(1)</script>\xff HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"<" * 10_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("sent", GARBAGE)
async def test_what_is_no_http_is_told_so_and_nothing_else(bridge: Bridge, sent: bytes) -> None:
    answer = await bridge.raw(sent)
    is_plain(answer)
    assert (answer.status, answer.content_type) == (400, "application/problem+json")


async def test_an_unknown_expectation(bridge: Bridge) -> None:
    answer = await bridge.raw(b"GET /health HTTP/1.1\r\nHost: x\r\nExpect: <b>\r\n\r\n")
    is_plain(answer)
    assert (answer.status, answer.content_type) == (417, "application/problem+json")


@pytest.mark.parametrize(
    ("public_url", "bound"),
    [
        ("https://phone.example.com", "max-age=31536000"),
        ("https://crm.example.com/phone", None),
        ("http://10.0.0.1:8080", None),
    ],
)
async def test_only_a_host_of_our_own_is_bound_to_https(
    open_bridge: OpenBridge, public_url: str, bound: str | None
) -> None:
    bridge = await open_bridge(server={"public_url": public_url})
    assert (await bridge.get("/health")).headers.get("Strict-Transport-Security") == bound


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (PAGE, True),
        ("https://evil.example.com", False),
        (f"{PAGE}.evil.example.com", False),
        (PAGE.upper(), False),
        ("null", False),
        ("*", False),
    ],
)
async def test_cors_is_exact(bridge: Bridge, origin: str, allowed: bool) -> None:
    answer = await bridge.get("/capabilities", headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert answer.headers["Vary"] == "Origin"
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert (await bridge.request("OPTIONS", "/token", headers=asked)).status == (200 if allowed else 403)


async def test_cors_is_for_the_widgets_routes_alone(bridge: Bridge) -> None:
    for method, path in (("GET", "/health"), ("POST", "/twilio/status")):
        answer = await bridge.request(method, path, headers={"Origin": PAGE})
        assert not {"Access-Control-Allow-Origin", "Vary"}.intersection(answer.headers)
