"""The status page: what it shows, and to whom."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.calls.agents import Agents, Allowed
from bridge.inbox.operation import store_lost
from bridge.inbox.store import Inbox, open_inbox
from bridge.sandbox.twenty import NEWEST, TwentySandbox
from bridge.settings.access import AuthSettings
from bridge.web.authentication.keys import hashed, keys_of
from bridge.web.html import element
from bridge.web.status.document import page, report_sections
from bridge.web.status.languages import ENGLISH, FRENCH, StatusWords
from bridge.web.status.report import Diagnosed, Diagnosis, Report, Reporter
from bridge.web.status.session import COOKIE, StatusSession, operator_cookie, secret_of
from bridge.web.status.status import TRIES_PER_MINUTE
from bridge.wiring.examination import Printed
from tests.inbox.support import fails_for, incoming, kept
from tests.support import TEN, new_sid
from tests.web.authentication.test_caller import BELA, at, bearer, with_cookie
from tests.web.authentication.test_caller import signed_in as access_token
from tests.web.conftest import API_SECRET, KEY, PUBLIC_URL, Answer, Bridge, OpenBridge

RIGHT, OTHER = "tbk_an-invented-key-with-the-right", "tbk_an-invented-key-without-it"
KEYS = (
    {"name": "status", "hash": hashed(RIGHT), "status": True},
    {"name": "desk", "hash": hashed(OTHER)},
    {"name": "old", "hash": hashed("tbk_an-old-key"), "status": True, "expires": "2026-01-31"},
)
AUTH = {"keys": KEYS}
OWN = {"Origin": PUBLIC_URL}
JANE = "+33639980001"


def shown(answer: Answer) -> str:
    """The page's text, as people read it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    return await open_bridge(auth=AUTH, agents={"names": ("alice", "bob")})


@dataclass
class Drain:
    """How the worker is."""

    reason: str | None = None
    needs_operator: bool = False


async def seen(bridge: Bridge, *, key: str = RIGHT, language: str = "en") -> Answer:
    return await bridge.get("/status", headers={**bearer(key), "Accept-Language": language})


async def signed_in(bridge: Bridge, key: str, **headers: str) -> Answer:
    return await bridge.post("/status", data={"key": key}, headers=OWN | headers, allow_redirects=False)


async def test_a_key_with_the_right_sees_it(bridge: Bridge) -> None:
    answer = await seen(bridge)
    assert answer.status == 200
    assert re.search("All is well|goes on by itself", shown(answer))
    assert "alice Available · No phone page is open" in shown(answer)
    assert answer.headers["Content-Language"] == "en"
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text


async def test_in_french(bridge: Bridge) -> None:
    answer = await seen(bridge, language="fr-FR,fr;q=0.9")
    assert 'lang="fr"' in answer.text
    assert re.search("Tout va bien|reprendra d’elle-même", shown(answer))


@pytest.mark.parametrize(
    ("key", "status"), [(OTHER, 403), (KEY, 403), ("guess", 401), ("tbk_an-old-key", 401)]
)
async def test_no_other_key_sees_it(bridge: Bridge, key: str, status: int) -> None:
    assert (await seen(bridge, key=key)).status == status


async def test_without_credentials_one_signs_in(bridge: Bridge) -> None:
    answer = await bridge.get("/status")
    assert "Sign in" in shown(answer)
    assert "alice" not in answer.text


async def test_one_signs_in_by_a_key_and_out(bridge: Bridge) -> None:
    answer = await signed_in(bridge, RIGHT)
    assert (answer.status, answer.headers["Location"]) == (303, "/status")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/status"} <= set(cookie.split("; "))
    assert RIGHT not in cookie
    value = {"Cookie": cookie.partition(";")[0]}
    assert "alice" in (await bridge.get("/status", headers=value)).text
    assert "Sign out" in shown(await bridge.get("/status", headers=value))
    answer = await bridge.post(
        "/status", headers=OWN | {"Content-Type": "application/x-www-form-urlencoded"}, allow_redirects=False
    )
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("key", "says"),
    [("guess", "no such key"), (OTHER, "not have the right"), ("tbk_an-old-key", "no such key")],
)
async def test_a_key_that_does_not_do(bridge: Bridge, key: str, says: str) -> None:
    answer = await signed_in(bridge, key)
    assert "Set-Cookie" not in answer.headers
    assert says in shown(await bridge.get(answer.headers["Location"]))
    assert key not in answer.headers["Location"]


async def test_a_page_elsewhere_signs_nobody_in_or_out(bridge: Bridge) -> None:
    same = {"Sec-Fetch-Site": "same-origin"}
    evil = {"Origin": "https://evil.example.com"}
    for origin in (
        {},
        same,
        evil,
        evil | same,
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ):
        answer = await bridge.post("/status", data={"key": RIGHT}, headers=origin, allow_redirects=False)
        assert answer.status == 403


async def test_keys_are_tried_so_often_and_no_more(bridge: Bridge) -> None:
    """One with the right is taken even then."""
    answers = [(await signed_in(bridge, "guess")).status for _ in range(TRIES_PER_MINUTE + 1)]
    assert answers == [303] * TRIES_PER_MINUTE + [429]
    assert "Set-Cookie" in (await signed_in(bridge, RIGHT)).headers


@pytest.mark.parametrize("change", ["0", "", "x", "9"])
async def test_a_cookie_that_is_made_up_counts_for_nothing(bridge: Bridge, change: str) -> None:
    value = (await signed_in(bridge, RIGHT)).headers["Set-Cookie"].partition(";")[0]
    until, _, signature = value.removeprefix("bridge-status=").partition(".")
    for forged in (
        f"{change}{until}.{signature}x",
        f"{until}.{change}",
        f"{change}9{until}.{signature}",
        change,
    ):
        answer = await bridge.get("/status", headers={"Cookie": f"bridge-status={forged}"})
        assert "alice" not in answer.text
    no_text = b"GET /status HTTP/1.1\r\nHost: x\r\nCookie: bridge-status=9999999999.\xff\r\n\r\n"
    assert (await bridge.raw(no_text)).status == 200


async def test_a_sign_in_ends_with_the_right_of_its_key(
    open_bridge: OpenBridge, bridge: Bridge, tmp_path: Path
) -> None:
    value = (await signed_in(bridge, RIGHT)).headers["Set-Cookie"].partition(";")[0]
    without = tuple({**key, "status": key["name"] != "status"} for key in KEYS)
    other = await open_bridge(
        auth={"keys": without}, inbox={"database_url": f"sqlite+aiosqlite:///{tmp_path}/other.db"}
    )
    assert "Sign in" in shown(await other.get("/status", headers={"Cookie": value}))


def test_a_sign_in_ends_in_time() -> None:
    keys = keys_of(AuthSettings.model_validate(AUTH), Agents(Allowed()))
    session = StatusSession(keys, secret=b"x" * 32, lasts=timedelta(hours=1), path="/status", secure=True)
    answer = web.Response()
    (key,) = keys.with_status(TEN.date())
    session.begin(answer, key, TEN)
    cookie = answer.cookies[COOKIE].value
    request = make_mocked_request("GET", "/status", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert session.caller(request, TEN + timedelta(minutes=59)) == key.caller
    assert session.caller(request, TEN + timedelta(minutes=60)) is None


@pytest.mark.parametrize(
    ("secret", "age", "sees"),
    [
        ("", timedelta(0), True),
        ("", timedelta(seconds=55), True),
        ("", timedelta(seconds=61), False),
        ("another", timedelta(0), False),
    ],
)
async def test_an_operator_with_the_settings_sees_it_for_a_minute(
    bridge: Bridge, secret: str, age: timedelta, *, sees: bool
) -> None:
    signs = secret_of(SecretStr(secret or API_SECRET))
    cookie = operator_cookie(signs, datetime.now(UTC) - age)
    answer = await bridge.get("/status", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert ("alice" in answer.text, "Sign in" in shown(answer)) == (sees, not sees)


@pytest.mark.parametrize("generation", [NEWEST])
@pytest.mark.parametrize(
    ("headers", "sees"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none", "Origin": "https://evil.example.com"}, False),
        ({}, False),
    ],
)
async def test_a_session_counts_where_its_user_opened_the_page(
    open_bridge: OpenBridge, twenty: TwentySandbox, headers: dict[str, str], *, sees: bool
) -> None:
    bridge = await open_bridge(twenty=at(twenty), server={"public_url": f"{twenty.url}/phone"})
    answer = await bridge.get("/status", headers=with_cookie(twenty, None) | headers)
    assert ("All is well." in shown(answer)) is sees
    assert answer.status == 200


@pytest.mark.parametrize("generation", [NEWEST])
async def test_who_is_not_listed_is_told_so_in_their_language(
    open_bridge: OpenBridge, twenty: TwentySandbox
) -> None:
    listed = {"members": ("jane@example.com",)}
    bridge = await open_bridge(twenty=at(twenty), server={"public_url": f"{twenty.url}/phone"}, auth=listed)
    opened = {"Sec-Fetch-Site": "none", "Accept-Language": "fr"}
    answer = await bridge.get("/status", headers=with_cookie(twenty, None) | opened)
    assert "Vous n’avez pas le droit" in shown(answer)


@pytest.mark.parametrize("generation", [NEWEST])
async def test_while_twenty_is_away_the_page_says_so(open_bridge: OpenBridge, twenty: TwentySandbox) -> None:
    bridge = await open_bridge(twenty=at(twenty), server={"public_url": f"{twenty.url}/phone"})
    twenty.faults.down = True
    answer = await bridge.get("/status", headers=with_cookie(twenty, None) | {"Sec-Fetch-Site": "none"})
    assert "is not answering" in shown(answer)


async def test_colleagues_are_seen_as_the_settings_say(
    open_bridge: OpenBridge, twenty: TwentySandbox
) -> None:
    sections = {"agents": {"names": ("alice",)}, "phone": {"colleagues": "none"}}
    bridge = await open_bridge(twenty=at(twenty), **sections)
    answer = await bridge.get("/status", headers=bearer(await access_token(twenty, BELA)))
    assert "You see no other agents" in shown(answer)


async def test_it_tells_what_waits_what_was_lost_and_what_today_brought(bridge: Bridge) -> None:
    now = datetime.now(UTC)
    async with open_inbox(f"sqlite+aiosqlite:///{bridge.database}") as inbox:
        await kept(inbox, *incoming(new_sid(), JANE))
        (due,) = await inbox.claim(10)
        await inbox.park(due, f"INVALID_PHONE_NUMBER: <b>{JANE}</b>", now=now)
        await store_lost(inbox, [new_sid()], now)
    answer = await seen(bridge)
    text = shown(answer)
    assert "Something needs a person." in text
    assert "Parked: Twenty refused them 1" in text
    assert "INVALID_PHONE_NUMBER: <b>" in text
    assert "<b>" not in answer.text
    assert JANE not in text


PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
async def inbox(database_url: str) -> AsyncIterator[Inbox]:
    async with open_inbox(database_url) as opened:
        yield opened


NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


async def test_a_day_begins_where_the_company_is(inbox: Inbox) -> None:
    """It is 0:30 there, and 23:30 by UTC."""
    for minutes in (20, 40):
        begins = NOW - timedelta(minutes=minutes)
        await kept(inbox, *incoming(new_sid(), JANE, at=(begins - TEN).total_seconds()))
    reporter = Reporter(inbox, drain=Drain(), diagnosis=lambda: None, zone=PARIS)
    report = await reporter.report(NOW)
    assert report.stored
    assert report.stored.today == {("INBOUND", "MISSED"): 1}


async def test_a_call_that_cannot_be_folded_hides_no_other(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in range(2):
        await kept(inbox, *incoming(sid := new_sid(), JANE, at=(NOW - TEN).total_seconds() + seconds))
    monkeypatch.setattr("bridge.web.status.report.fold", fails_for(sid))
    report = await Reporter(inbox, drain=Drain(), diagnosis=lambda: None, zone=UTC).report(NOW)
    assert report.stored
    assert report.stored.today == {("INBOUND", "MISSED"): 1}


async def test_one_reading_serves_all_for_some_seconds(inbox: Inbox) -> None:
    reporter = Reporter(inbox, drain=Drain(), diagnosis=lambda: None, zone=UTC)
    first = await reporter.report(NOW)
    await kept(inbox, *incoming(new_sid(), JANE))
    assert (await reporter.report(NOW + timedelta(seconds=5))).stored is first.stored
    assert (await reporter.report(NOW + timedelta(seconds=11))).stored != first.stored


DIAGNOSIS = Diagnosis(
    TEN,
    [
        Diagnosed(name="twenty.key", status="ok", reason="Twenty takes the API key.", fix=""),
        Diagnosed(name="public.tls", status="error", reason="The certificate is <old>.", fix="Renew it."),
    ],
)


@pytest.mark.parametrize(
    ("words", "shown_as"),
    [
        (ENGLISH, '<span lang="en">The certificate is old. → Renew it.</span>'),
        (FRENCH, '<span lang="fr">Le certificat est vieux. → Renouvelez-le.</span>'),
    ],
)
def test_a_finding_is_in_the_language_of_the_page(words: StatusWords, shown_as: str) -> None:
    french = {"reason": "Le certificat est vieux.", "fix": "Renouvelez-le."}
    english = {"name": "a.check", "status": "error", "reason": "The certificate is old.", "fix": "Renew it."}
    printed = {"checks": [{**english, "translations": {"fr": french}}]}
    report = Report(
        at=TEN,
        drain_reason=None,
        needs_operator=False,
        stored=None,
        diagnosis=Diagnosis(TEN, Printed.model_validate(printed).checks),
    )
    sections = report_sections(words, report, (), root="", signs_out=False)
    assert shown_as in page(words, "", *sections).decode()


def test_doctors_last_result() -> None:
    report = Report(
        at=NOW, drain_reason="twenty.unavailable", needs_operator=False, stored=None, diagnosis=DIAGNOSIS
    )
    told = page(ENGLISH, "", *report_sections(ENGLISH, report, (), root="", signs_out=False)).decode()
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", told)).split())
    assert "At 2026-11-22 10:00 UTC: 1 of 2 checks passed." in text
    assert "public.tls Error The certificate is <old>. → Renew it." in text
    assert "No calls are written now: Twenty does not answer." in text
    assert "It cannot be read now." in text
    assert "<old>" not in told


@given(text=st.text())
def test_any_text_is_text(text: str) -> None:
    """Also of a person or a server that writes markup."""
    told = page(ENGLISH, "", element("p", text, title=text)).decode()
    inside = told.partition("<h1>")[2]
    assert set(re.findall(r"<[^>]*>", inside)) <= {
        "</h1>",
        "<p>",
        "</p>",
        "</main>",
        "</body>",
        "</html>",
    } | set(re.findall(r'<p title="[^"]*">', inside))


@pytest.mark.parametrize(
    ("reason", "needs_operator", "says"),
    [
        (None, False, "All is well."),
        ("drain.standby", False, "All is well."),
        ("twenty.unavailable", False, "The bridge waits, and goes on by itself."),
        ("twenty.unauthenticated", True, "Something needs a person."),
    ],
)
async def test_the_first_line_says_how_it_is(
    inbox: Inbox, reason: str | None, *, needs_operator: bool, says: str
) -> None:
    reporter = Reporter(inbox, drain=Drain(reason, needs_operator), diagnosis=lambda: None, zone=UTC)
    first, *_ = report_sections(ENGLISH, await reporter.report(NOW), (), root="", signs_out=False)
    assert first.text == says
