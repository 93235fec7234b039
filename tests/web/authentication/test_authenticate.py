"""What a request shows, and as whom its caller can act: without a server."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from aiohttp.test_utils import make_mocked_request
from msgspec.structs import replace

from bridge.calls.agents import Agents, Allowed, Identity, member_identity
from bridge.errors import IdentityRefused, NotAllowed, NotAuthenticated
from bridge.inbox import sign_ins
from bridge.inbox.store import Inbox, open_inbox
from bridge.twenty.users.verification import User
from bridge.web.authentication.authenticate import Anyone, Authentication, bearer
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.devices import DEVICE, LINK, Devices, new_key, new_link
from bridge.web.authentication.keys import PREFIX, Key, Keys, digest_of, new
from tests.databases import begin
from tests.web.authentication.test_users import users

ALICE = Identity("alice")


@pytest.mark.parametrize(
    ("header", "given"),
    [
        (None, None),
        ("Bearer a-key", "a-key"),
        ("bearer   a-key ", "a-key"),
        ("Bearer a key", "a key"),
        ("Bearer", ""),
    ],
)
def test_the_key_or_token_of_a_header(header: str | None, given: str | None) -> None:
    assert bearer(header) == given


@pytest.mark.parametrize("header", ["", "a-key", "Basic YTpi", "Bearer,a-key"])
def test_another_scheme_is_refused(header: str) -> None:
    with pytest.raises(NotAuthenticated):
        bearer(header)


@pytest.mark.parametrize(
    ("origin", "comes_in"),
    [
        ("https://www.example.com", True),
        ("HTTPS://WWW.Example.com", True),
        ("https://example.com", False),
        ("null", False),
        (None, False),
    ],
)
def test_anyone_comes_in_from_pages_of_the_settings_alone(origin: str | None, comes_in: bool) -> None:
    anyone = Anyone(
        origins=["https://www.example.com"], agents=Allowed(["alice"]), incoming=False, per_minute=7
    )
    request = make_mocked_request("POST", "/", {"Origin": origin} if origin else {})
    if not comes_in:
        with pytest.raises(NotAllowed):
            anyone.caller(request)
        return
    caller = anyone.caller(request)
    assert (caller.key, caller.per_minute, caller.incoming) == (("anonymous", "anonymous"), 7, False)
    assert replace(anyone, incoming=True).caller(request).incoming
    assert (caller.agent("alice"), caller.identity, caller.sees_status) == ("alice", None, False)


DESK = Key(name="desk", digest=digest_of("a-key"), agents=Allowed(["alice"]))
ANYONE = Anyone(origins=["https://www.example.com"], agents=Allowed(["alice"]), incoming=True, per_minute=7)
FROM_PAGE = {"Origin": "https://www.example.com"}


@pytest.mark.parametrize(
    ("headers", "anonymous", "anyone", "who"),
    [
        ({"Authorization": "Bearer a-key"}, False, None, "desk"),
        # A key is not made up for by the page that shows it.
        ({"Authorization": "Bearer another-key", **FROM_PAGE}, True, ANYONE, None),
        (FROM_PAGE, True, ANYONE, "anonymous"),
        (FROM_PAGE, False, ANYONE, None),
        (FROM_PAGE, True, None, None),
        ({}, False, None, None),
    ],
)
async def test_who_asks(
    headers: dict[str, str], anonymous: bool, anyone: Anyone | None, who: str | None
) -> None:
    # None of these is the key of a device, which alone is looked for in the database.
    devices = Devices(cast("Inbox", None), Agents())
    authentication = Authentication(keys=Keys([DESK]), devices=devices, users=users(), anyone=anyone)
    request = make_mocked_request("POST", "/", headers)
    assert authentication.sees_credentials(request) == ("Authorization" in headers)
    if who is None:
        with pytest.raises(NotAuthenticated):
            await authentication.authenticate(request, anonymous=anonymous)
    else:
        assert (await authentication.authenticate(request, anonymous=anonymous)).name == who


async def test_a_session_counts_for_a_page_that_its_user_opened_where_the_route_says_so() -> None:
    jane = User(identity=member_identity("11111111-1111-4111-8111-111111111111"), email="jane@example.com")
    authentication = Authentication(
        keys=Keys([]), devices=Devices(cast("Inbox", None), Agents()), users=users(jane), anyone=None
    )
    cookie = {"Cookie": "twenty-session=a-session"}
    opened = make_mocked_request("GET", "/", {**cookie, "Sec-Fetch-Site": "none"})
    assert (await authentication.authenticate(opened, opened=True)).identity == jane.identity
    with pytest.raises(NotAuthenticated):
        await authentication.authenticate(opened)
    ours = make_mocked_request("POST", "/", {**cookie, "Origin": "https://crm.example.com"})
    assert (await authentication.authenticate(ours)).identity == jane.identity
    assert authentication.sees_credentials(ours)
    assert not authentication.sees_credentials(opened)


async def test_a_key_that_expired_yesterday_is_refused_today() -> None:
    days = [datetime.now(UTC).date() + timedelta(days=by) for by in (-1, 1)]
    keys = Keys([replace(DESK, digest=digest_of(str(day)), last_day=day) for day in days])
    authentication = Authentication(
        keys=keys, devices=Devices(cast("Inbox", None), Agents()), users=users(), anyone=None
    )
    old, good = [make_mocked_request("POST", "/", {"Authorization": f"Bearer {day}"}) for day in days]
    assert (await authentication.authenticate(good)).name == "desk"
    with pytest.raises(NotAuthenticated, match="expired"):
        await authentication.authenticate(old)


async def test_a_device_comes_in_while_it_is_signed_in_and_its_agent_is_named(sqlite_file: Path) -> None:
    now, key = datetime.now(UTC), new_key()
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        until = now + timedelta(hours=1)
        await sign_ins.add_link(inbox, digest=b"link", identity="alice", expires_at=until)
        await sign_ins.redeem(inbox, link=b"link", key=digest_of(key), key_expires_at=until, now=now)

        def request(agents: Agents, given: str = key) -> Awaitable[Caller]:
            authentication = Authentication(
                keys=Keys([]), devices=Devices(inbox, agents), users=users(), anyone=None
            )
            shown = make_mocked_request("POST", "/", {"Authorization": f"Bearer {given}"})
            return authentication.authenticate(shown)

        alice = await request(Agents(Allowed(["alice"])))
        assert (alice.kind, alice.name, alice.incoming, alice.identity) == ("device", "device", True, ALICE)
        with pytest.raises(NotAllowed) as gone:
            await request(Agents(Allowed(["bob"])))
        assert gone.value.code == "auth.no_agent"
        await sign_ins.sign_out(inbox, key=digest_of(key), now=datetime.now(UTC))
        with pytest.raises(NotAuthenticated) as out:
            await request(Agents(Allowed(["alice"])))
        assert out.value.code == "auth.signed_out"


@pytest.mark.parametrize(
    ("identity", "agents", "asked", "acts_as"),
    [
        (ALICE, None, None, "alice"),
        # Whose they are beyond doubt, they are, also where a page asks for another.
        (ALICE, Allowed(["bob"]), "bob", "alice"),
        (None, Allowed(["bob"]), "bob", "bob"),
        (None, Allowed(["bob"]), "alice", None),
        (None, None, "alice", None),
    ],
)
def test_as_whom_a_caller_acts(
    identity: Identity | None, agents: Allowed | None, asked: str | None, acts_as: str | None
) -> None:
    caller = Caller(kind="key", name="desk", incoming=True, identity=identity, agents=agents)
    assert caller.key == ("key", identity or "desk")
    if acts_as is None:
        with pytest.raises(IdentityRefused):
            caller.agent(asked)
    else:
        assert caller.agent(asked) == acts_as


def test_secrets_begin_with_what_they_are_and_no_two_are_alike() -> None:
    """By their beginning a search of published code finds them (`docs/security.md`)."""
    for made, begins in ((new, "tbk_"), (new_link, "tbl_"), (new_key, "tbd_")):
        assert begins in (PREFIX, LINK, DEVICE)
        assert made().startswith(begins)
        assert len(made()) >= len(begins) + 43
        assert made() != made()
