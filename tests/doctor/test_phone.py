"""Whether agents find the phone page, and can sign in there."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.inbox.sign_ins import add_link, redeem, revoke
from bridge.inbox.store import Inbox, open_inbox
from tests.doctor.conftest import World

BELA = "bela@sandbox.example"
IDENTITY = "bela_sandbox_example"
HASH = f"sha256:{'0' * 64}"


async def sign_in(world: World) -> tuple[str, str, str]:
    return (await world.examine("phone.sign_in"))["phone.sign_in"]


async def test_a_page_that_the_proxy_does_not_pass_on(world: World) -> None:
    assert (await world.examine("phone.page"))["phone.page"][0] == "ok"
    world.proxy.has_page = False
    status, reason, _ = (await world.examine("phone.page"))["phone.page"]
    assert status == "error"
    assert reason == f"The phone page is not at {world.settings.server.public_url}."


async def test_an_agent_without_a_way_to_sign_in_is_an_error(world: World) -> None:
    world.change("auth", widget_keys=())
    status, reason, fix = await sign_in(world)
    assert (status, reason) == ("error", f"{BELA} cannot sign in to the phone page.")
    assert fix.endswith(f"twenty-bridge keys new --link --identity {BELA}")


async def test_links_and_devices(world: World) -> None:
    world.change("auth", widget_keys=())
    now = datetime.now(UTC)

    async def ends_in(inbox: Inbox, hours: int, link: bytes) -> None:
        await add_link(inbox, digest=link, identity=IDENTITY, expires_at=now + timedelta(hours=hours))

    async with open_inbox(world.settings.inbox.database_url.get_secret_value()) as inbox:
        await ends_in(inbox, -1, b"expired")
        assert (await sign_in(world))[0] == "error"
        await ends_in(inbox, 1, b"open")
        assert (await sign_in(world))[1].endswith(f"{BELA}: by a link that is not used yet.")
        until = now + timedelta(days=1)
        await redeem(inbox, link=b"open", key=b"key", key_expires_at=until, now=now)
        assert (await sign_in(world))[1].endswith(f"{BELA}: on a device that is signed in.")
        await revoke(inbox, IDENTITY, now=now)
        assert (await sign_in(world))[0] == "error"


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ({"identities": (BELA,)}, "ok"),
        ({"identities": ("alice",)}, "error"),
        ({"pattern": ".*@sandbox[.]example"}, "ok"),
        ({"identities": (BELA,), "expires": "2020-01-01"}, "error"),
        ({}, "ok"),
    ],
)
async def test_keys(world: World, key: dict[str, object], status: str) -> None:
    world.change("auth", widget_keys=(), keys=({"name": "reception", "hash": HASH, **key},))
    found = await sign_in(world)
    assert found[0] == status
    assert ("by the key reception" in found[1]) == (status == "ok")


@pytest.mark.parametrize(
    ("twenty", "members", "status"),
    [
        (None, (), "ok"),
        (None, (BELA.upper(),), "ok"),
        (None, ("chloe@sandbox.example",), "error"),
        ("https://127.0.0.1:3000", (), "error"),
        ("https://crm.example.com", (), "error"),
    ],
)
async def test_users_at_twentys_own_origin(
    world: World, twenty: str | None, members: tuple[str, ...], status: str
) -> None:
    """What Twenty's pages store is read by pages of the same origin alone."""
    world.change("auth", widget_keys=(), members=members)
    world.change("twenty", public_url=twenty or world.settings.server.origin)
    found = await sign_in(world)
    assert found[0] == status
    assert ("as a user of Twenty" in found[1]) == (status == "ok")


async def test_where_only_numbers_ring_no_agent_needs_to_sign_in(world: World) -> None:
    world.change("auth", widget_keys=())
    world.change("lines", default={"ring": [{"number": "+33199001234"}]})
    assert (await sign_in(world))[0] == "ok"


async def test_before_the_first_start_no_database_is_made(world: World) -> None:
    await world.bridge.cleanup()
    missing = world.folder / "elsewhere" / "bridge.db"
    world.change("inbox", database_url=f"sqlite+aiosqlite:///{missing}")
    assert (await sign_in(world))[0] == "ok"
    assert not missing.parent.exists()
