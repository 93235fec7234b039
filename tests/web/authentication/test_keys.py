"""Keys: until when they are held, whose they are, and which of them see the status page."""

from datetime import date

import pytest
from pydantic import SecretStr

from bridge.calls.agents import Agents, Allowed, Identity
from bridge.errors import NotAuthenticated
from bridge.settings.access import AuthSettings, KeySettings
from bridge.web.authentication.keys import Key, Keys, digest_of, hashed, keys_of

BEFORE, LAST, AFTER = date(2026, 11, 29), date(2026, 11, 30), date(2026, 12, 1)


def key(name: str, last_day: date | None = None, *, sees_status: bool = False) -> Key:
    return Key(
        name=name, digest=digest_of(name), agents=Allowed(), last_day=last_day, sees_status=sees_status
    )


ALL = Keys(
    [
        key("ends", LAST),
        key("stays"),
        key("sees until then", LAST, sees_status=True),
        key("sees", sees_status=True),
    ]
)


@pytest.mark.parametrize(
    ("today", "held"),
    [
        (BEFORE, ["ends", "stays", "sees until then", "sees", None]),
        (LAST, ["ends", "stays", "sees until then", "sees", None]),
        (AFTER, ["has expired", "stays", "has expired", "sees", None]),
    ],
)
def test_a_key_is_held_through_its_last_day(today: date, held: list[str | None]) -> None:
    assert [holder(name, today) for name in ("ends", "stays", "sees until then", "sees", "another")] == held


def holder(given: str, today: date) -> str | None:
    try:
        held = ALL.held(given, today=today)
    except NotAuthenticated:
        return "has expired"
    return held.name if held else None


@pytest.mark.parametrize(("today", "names"), [(LAST, ["sees until then", "sees"]), (AFTER, ["sees"])])
def test_which_keys_see_the_status_page(today: date, names: list[str]) -> None:
    assert [one.name for one in ALL.with_status(today)] == names


def test_who_holds_a_key_has_what_the_key_has() -> None:
    held = Key(name="desk", digest=b"", agents=Allowed(["bob"]), per_minute=7, sees_status=True).caller
    assert held.key == ("key", "desk")
    assert (held.agent("bob"), held.incoming, held.per_minute, held.sees_status) == ("bob", True, 7, True)
    assert not key("desk").caller.sees_status


def test_keys_of_settings() -> None:
    desk = KeySettings(name="desk", hash=hashed("d" * 32), per_minute=7, expires=LAST, status=True)
    widgets = (SecretStr("w" * 32), SecretStr("x" * 32))
    agents = Agents(Allowed(["alice"]), keys={"desk": Allowed(["bob"])})
    found = keys_of(AuthSettings(keys=(desk,), widget_keys=widgets), agents)
    held = [found.held(text * 32, today=LAST) for text in "dwx"]
    assert [one and (one.name, one.per_minute, one.last_day, one.sees_status) for one in held] == [
        ("desk", 7, LAST, True),
        ("widget key 1", None, None, False),
        ("widget key 2", None, None, False),
    ]
    whose = [one.agents.has(Identity(who)) for one in held if one for who in ("alice", "bob")]
    assert whose == [False, True, True, False, True, False]
