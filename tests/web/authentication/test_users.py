"""Which requests show the session of a user, and which of their users are let in: all combinations."""

import asyncio
import math
from itertools import product

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bridge.calls.agents import member_identity
from bridge.errors import NotAllowed, NotListed, NotVerified, TooManyRequests, TwentyError, TwentyUnavailable
from bridge.twenty.users.credentials import Credentials
from bridge.twenty.users.resemblance import Resemblance
from bridge.twenty.users.sessions import Sessions
from bridge.twenty.users.verification import User
from bridge.web.authentication.caller import Caller
from bridge.web.authentication.client_address import Addresses
from bridge.web.authentication.users import Users

OURS = "https://crm.example.com"
JANE = member_identity("11111111-1111-4111-8111-111111111111")
SHOWN = Credentials({"Authorization": "Bearer of Jane"}, math.inf, "of Jane")


def users(user: User | TwentyError | None = None, *, members: tuple[str, ...] = (), **more: int) -> Users:
    async def verify(_: Credentials) -> User | None:
        if isinstance(user, TwentyError):
            raise user
        return user

    return Users(Sessions(verify), Addresses([]), Resemblance("key"), origin=OURS, members=members, **more)


def request(method: str, origin: str | None, site: str | None) -> web.Request:
    headers = {"Cookie": "twenty-session=a-session", "Origin": origin, "Sec-Fetch-Site": site}
    return make_mocked_request(method, "/", {name: value for name, value in headers.items() if value})


def test_a_session_counts_for_pages_of_ours_and_for_a_page_that_its_user_opened() -> None:
    """Whatever else a browser sends the cookie with is another page's request."""
    origins = (None, OURS, f"{OURS}/", f"{OURS}.evil.example", "null")
    sites = (None, "same-origin", "same-site", "cross-site", "none")
    checks = users()
    counts = {
        (method, origin, site, opened)
        for method, origin, site in product(("GET", "POST"), origins, sites)
        for opened in (False, True)
        if checks.credentials(request(method, origin, site), None, opened=opened)
    }
    of_our_origin = {
        (method, OURS, site, opened)
        for method, site, opened in product(("GET", "POST"), sites, (False, True))
    }
    read = {("GET", None, "same-origin", opened) for opened in (False, True)}
    assert counts == of_our_origin | read | {("GET", None, "none", True)}


def test_a_token_that_is_none_leaves_the_session_out() -> None:
    assert users().credentials(request("POST", OURS, None), "no token of Twenty's") is None


@pytest.mark.parametrize(
    ("email", "members", "refused"),
    [
        ("jane@example.com", (), None),
        ("jane@example.com", ("Jane@Example.com",), None),
        ("Jane@Example.com", ("bela@example.com", "jane@example.com"), None),
        ("jane@example.com", ("bela@example.com",), NotListed),
        ("", ("bela@example.com",), NotListed),
        (None, (), NotAllowed),
    ],
)
async def test_which_users_come_in(
    email: str | None, members: tuple[str, ...], refused: type[Exception] | None
) -> None:
    user = User(identity=None if email is None else JANE, email=email or "")
    asked = users(user, members=members).caller(request("POST", None, None), SHOWN)
    (came,) = await asyncio.gather(asked, return_exceptions=True)
    if refused:
        assert type(came) is refused
    else:
        assert isinstance(came, Caller)
        assert (came.key, came.identity, came.email) == (("user", JANE), JANE, email)
        assert came.name == "user of Twenty"
        assert (came.sees_status, came.incoming, came.credentials) == (True, True, SHOWN)


def shown(number: int, secret: str = "another word") -> Credentials:
    """What a user shows for the first time; the secret says what it looks like."""
    return Credentials({"Authorization": f"Bearer {number}"}, math.inf, secret)


async def test_unknown_tokens_are_counted_by_address_until_one_like_them_was_a_users() -> None:
    jane = User(identity=JANE, email="jane@example.com")
    checks, ask = users(jane, checks_per_minute=2), request("POST", None, None)
    other = ask.clone(remote="192.0.2.7")
    await checks.caller(ask, shown(1, "a word of Twenty's"))
    # Of the same form: no stranger any more, and not counted.
    for number in range(2, 5):
        await checks.caller(ask, shown(number, "a word of Twenty's"))
    # A user who is known is not asked for again, and says nothing about others.
    await checks.caller(ask, shown(4, "what was never verified"))
    await checks.caller(ask, shown(5))
    with pytest.raises(TooManyRequests, match="Too many unknown tokens come from your address: 2 a minute"):
        await checks.caller(ask, shown(6, "what was never verified"))
    await checks.caller(other, shown(6, "what was never verified"))


async def test_whoever_twenty_cannot_say_is_not_let_in_and_the_place_is_free_again() -> None:
    away = users(TwentyUnavailable("down"), checks_per_minute=99)
    for number in range(5):
        with pytest.raises(NotVerified):
            await away.caller(request("POST", None, None), shown(number))
