"""Who is asking: users of Twenty by token and by cookie, keys, proxies, and how often."""

from typing import Any

import aiohttp
import jwt
import pytest

from bridge.observability import metrics
from bridge.sandbox.twenty import NEWEST, TwentySandbox
from bridge.web.authentication import keys
from bridge.wiring.application import Bounds
from tests.support import ask
from tests.web.conftest import API_SECRET, KEY, PAGE, Answer, Bridge, OpenBridge

ADMIN, BELA = "admin@sandbox.example", "bela@sandbox.example"
WIDGET = {"identity": "twenty-user-123"}
"""What the Twenty Phone Widget posts, whoever uses it."""
NOBODYS = jwt.encode({"exp": 4_000_000_000}, "another secret, of thirty-two characters")
RECEPTION = keys.new()

LOGIN = """mutation ($e: String!, $p: String!) {
  getLoginTokenFromCredentials(email: $e, password: $p, origin: "") { loginToken { token } } }"""
TOKENS = """mutation ($t: String!) { getAuthTokensFromLoginToken(loginToken: $t, origin: "") {
  tokens { accessOrWorkspaceAgnosticToken { token } } } }"""


def at(twenty: TwentySandbox, **more: Any) -> dict[str, Any]:
    return {"api_url": twenty.url, "api_token": twenty.api_key, **more}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def with_cookie(twenty: TwentySandbox, origin: str | None) -> dict[str, str]:
    headers = {"Cookie": f"theme=dark; twenty-session={twenty.session}"}
    return headers | ({"Origin": origin} if origin else {})


async def token(bridge: Bridge, headers: dict[str, str], **body: Any) -> Answer:
    return await bridge.post("/token", json=body or WIDGET, headers=headers)


async def member(twenty: TwentySandbox, email: str) -> str:
    query = (
        "query ($e: String!) { workspaceMembers(filter: {userEmail: {eq: $e}}) { edges { node { id } } } }"
    )
    found = await ask(twenty, query, e=email)
    return str(found["workspaceMembers"]["edges"][0]["node"]["id"])


async def signed_in(twenty: TwentySandbox, email: str) -> str:
    """The access token of somebody who signs in."""
    login = await ask_metadata(twenty, LOGIN, e=email, p="sandbox")
    answer = await ask_metadata(
        twenty, TOKENS, t=login["getLoginTokenFromCredentials"]["loginToken"]["token"]
    )
    tokens = answer["getAuthTokensFromLoginToken"]["tokens"]
    return str(tokens["accessOrWorkspaceAgnosticToken"]["token"])


async def ask_metadata(twenty: TwentySandbox, query: str, **variables: str) -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{twenty.url}/metadata", json={"query": query, "variables": variables}) as answer,
    ):
        return (await answer.json())["data"]


@pytest.fixture
async def bridge(open_bridge: OpenBridge, twenty: TwentySandbox) -> Bridge:
    """The bridge under Twenty's own host."""
    return await open_bridge(twenty=at(twenty), server={"public_url": f"{twenty.url}/phone"})


async def test_the_widget_of_today_with_a_token_of_its_user(bridge: Bridge, twenty: TwentySandbox) -> None:
    """Only its URL and its header are changed: it goes on to make up who it is."""
    answer = await bridge.post(
        "/api/twilio/token",
        json=WIDGET,
        headers={**bearer(twenty.user_token), "Origin": twenty.url, "Content-Type": "application/json"},
    )
    identity = "wm_" + (await member(twenty, ADMIN)).replace("-", "")
    assert (answer.status, answer.json["identity"], answer.json["success"]) == (200, identity, True)
    grants = jwt.decode(answer.json["token"], API_SECRET, algorithms=["HS256"])["grants"]
    assert grants["identity"] == identity
    assert grants["voice"]["incoming"] == {"allow": True}


async def test_each_user_is_somebody_else(bridge: Bridge, twenty: TwentySandbox) -> None:
    for email in (BELA, ADMIN):
        answer = await token(bridge, bearer(await signed_in(twenty, email)))
        assert answer.json["identity"] == "wm_" + (await member(twenty, email)).replace("-", "")


@pytest.mark.parametrize("body", [b"", b"{", b'{"identity": 5}', b'{"identity": "wm_0"}', b"identity=x"])
async def test_whatever_a_user_says_they_are_themselves(
    bridge: Bridge, twenty: TwentySandbox, body: bytes
) -> None:
    answer = await bridge.post("/token", data=body, headers=bearer(twenty.user_token))
    assert (answer.status, answer.json["identity"][:3]) == (200, "wm_")


@pytest.mark.parametrize("generation", [NEWEST])
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("{twenty}", 200),
        ("{twenty}/", 401),
        ("https://evil.example.com", 401),
        ("null", 401),
        (PAGE, 401),
        (None, 401),
    ],
)
async def test_a_session_counts_only_for_pages_of_the_public_url(
    bridge: Bridge, twenty: TwentySandbox, origin: str | None, status: int
) -> None:
    answer = await token(bridge, with_cookie(twenty, origin and origin.format(twenty=twenty.url)))
    assert answer.status == status


async def test_a_header_goes_before_a_session(bridge: Bridge, twenty: TwentySandbox) -> None:
    headers = with_cookie(twenty, twenty.url)
    assert (await token(bridge, headers | bearer(NOBODYS))).status == 401
    assert (await token(bridge, headers | bearer(KEY))).json["identity"] == "twenty_user_123"


@pytest.mark.parametrize("shown", ["{key}", NOBODYS, "a.b.c", f"{NOBODYS}x", "x" * 7000])
async def test_what_twenty_does_not_know(bridge: Bridge, twenty: TwentySandbox, shown: str) -> None:
    answer = await token(bridge, bearer(shown.format(key=twenty.api_key)))
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("auth", "workspace", "status", "detail"),
    [
        ({}, None, 200, ""),
        ({}, "907f6063-654b-4106-ade6-3a2b1da8bbc6", 403, "not a member of the workspace"),
        ({"members": ["Admin@Sandbox.example"]}, None, 200, ""),
        ({"members": [BELA]}, None, 403, "auth.members"),
    ],
)
async def test_which_users_may_come_in(
    open_bridge: OpenBridge,
    twenty: TwentySandbox,
    auth: dict[str, object],
    workspace: str | None,
    status: int,
    detail: str,
) -> None:
    bridge = await open_bridge(twenty=at(twenty, workspace_id=workspace), auth=auth)
    answer = await token(bridge, bearer(twenty.user_token))
    assert answer.status == status
    assert detail in answer.json.get("detail", "")


async def test_while_twenty_is_away(bridge: Bridge, twenty: TwentySandbox) -> None:
    assert (await token(bridge, bearer(twenty.user_token))).status == 200
    twenty.faults.down = True
    before = metrics.TOKENS.count("unavailable")
    assert (await token(bridge, bearer(twenty.user_token))).status == 200
    answer = await token(bridge, with_cookie(twenty, twenty.url))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert metrics.TOKENS.count("unavailable") == before + 1
    assert (await token(bridge, bearer(KEY))).status == 200


@pytest.mark.parametrize("generation", [NEWEST])
async def test_screen_pops_are_for_users_too(bridge: Bridge, twenty: TwentySandbox) -> None:
    async def pop(headers: dict[str, str]) -> int:
        return (await bridge.get("/api/callers/+33612345678", headers=headers)).status

    assert await pop(bearer(twenty.user_token)) == 200
    assert await pop(with_cookie(twenty, twenty.url)) == 200
    assert await pop(with_cookie(twenty, None)) == 401
    assert await pop({"Origin": twenty.url}) == 401


async def test_unknown_tokens_are_taken_to_twenty_so_often_and_no_more(
    open_bridge: OpenBridge, twenty: TwentySandbox
) -> None:
    proxies = {"trusted_proxies": ["127.0.0.1"]}
    bridge = await open_bridge(twenty=at(twenty), bounds=Bounds(checks_per_minute=2), server=proxies)
    tokens = [jwt.encode({"exp": 4_000_000_000 + n}, "x" * 32) for n in range(4)]

    async def asked(shown: str, address: str) -> Answer:
        return await token(bridge, bearer(shown) | {"X-Forwarded-For": address})

    assert [(await asked(one, "192.0.2.1")).status for one in tokens] == [401, 401, 429, 429]
    assert (await asked(tokens[0], "192.0.2.1")).status == 401
    assert (await asked(tokens[3], "192.0.2.2")).status == 401
    refused = await asked(tokens[2], "192.0.2.1")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "30")
    assert (await asked(twenty.user_token, "192.0.2.1")).status == 200
    assert (await asked(KEY, "192.0.2.1")).status == 200


@pytest.mark.parametrize(
    ("settings", "requests", "statuses"),
    [
        ({"tokens": {"per_agent": 2}}, [(KEY, "1", "a")] * 3, [200, 200, 429]),
        ({"tokens": {"per_agent": 1}}, [(KEY, "1", "a"), (KEY, "2", "a")], [200, 200]),
        ({"tokens": {"per_agent": 1}}, [(KEY, "1", "a"), (RECEPTION, "1", "a")], [200, 200]),
        ({"tokens": {"per_address": 2}}, [(KEY, str(n), "a") for n in range(3)], [200, 200, 429]),
        ({"tokens": {"per_address": 1}}, [(KEY, "1", "a"), (KEY, "1", "b")], [200, 200]),
        ({"tokens": {"per_address": 1}}, [("wrong", "1", "a"), (KEY, "1", "a")], [401, 200]),
        ({}, [(RECEPTION, str(n), str(n)) for n in range(3)], [200, 200, 429]),
        ({"auth": {"anonymous_per_minute": 1}}, [("", "1", "a"), ("", "2", "b")], [200, 429]),
        ({"auth": {"anonymous_per_minute": 1}}, [("", "1", "a"), (KEY, "1", "a")], [200, 200]),
    ],
)
async def test_tokens_a_minute(
    open_bridge: OpenBridge,
    settings: dict[str, dict[str, object]],
    requests: list[tuple[str, str, str]],
    statuses: list[int],
) -> None:
    """Requests are a key, the number of an agent, and the last letter of an address."""
    reception = {"name": "reception", "hash": keys.hashed(RECEPTION), "per_minute": 2}
    auth = {"keys": [reception], "anonymous": True, **settings.get("auth", {})}
    server = {"trusted_proxies": ["127.0.0.1"]}
    bridge = await open_bridge(**{**settings, "auth": auth, "server": server})
    answers = [
        await bridge.post(
            "/token",
            json={"identity": f"twenty-user-{number}"},
            headers={"Origin": PAGE, "X-Forwarded-For": f"2001:db8::{letter}:1:2:3:4"}
            | (bearer(key) if key else {}),
        )
        for key, number, letter in requests
    ]
    assert [answer.status for answer in answers] == statuses
    for refused in (answer for answer in answers if answer.status == 429):
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["Access-Control-Expose-Headers"] == "Retry-After"


async def test_an_address_that_no_trusted_proxy_wrote_counts_for_nothing(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(tokens={"per_address": 1})
    answers = [await token(bridge, bearer(KEY) | {"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(2)]
    assert [answer.status for answer in answers] == [200, 429]


@pytest.mark.parametrize(
    ("more", "asked", "status", "told"),
    [
        ({}, "twenty-user-1", 200, "twenty_user_1"),
        ({"identities": ["alice", "bob"]}, "alice", 200, "alice"),
        ({"identities": ["alice", "bob"]}, "twenty-user-1", 400, "none of the configured agents"),
        ({"identities": ["alice", "bob"]}, "", 400, "Say who calls"),
        ({"identities": ["alice"]}, "", 200, "alice"),
        ({"pattern": "desk-[0-9]"}, "desk-1", 200, "desk_1"),
        ({"pattern": "desk-[0-9]"}, "desk-10", 400, "none of the configured agents"),
        ({"pattern": ".*"}, "wm-1", 400, "kept for users of Twenty"),
        ({"expires": "2099-01-01"}, "twenty-user-1", 200, "twenty_user_1"),
        ({"expires": "2026-01-01"}, "twenty-user-1", 401, "The key reception expired on 2026-01-01"),
    ],
)
async def test_a_named_key(
    open_bridge: OpenBridge, more: dict[str, object], asked: str, status: int, told: str
) -> None:
    reception = {"name": "reception", "hash": keys.hashed(RECEPTION), **more}
    bridge = await open_bridge(auth={"keys": [reception]})
    answer = await token(bridge, bearer(RECEPTION), identity=asked)
    assert answer.status == status
    assert told in (answer.json["identity"] if status == 200 else answer.json["detail"])
    for wrong in (RECEPTION[:-1], f"{RECEPTION}x", keys.hashed(RECEPTION), keys.new()):
        assert (await token(bridge, bearer(wrong), identity=asked)).status == 401
