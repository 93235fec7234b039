"""The callers endpoint: whose number it is, who may ask, and what Twenty's absence means."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.twenty.people.callers import look_ups_of_one
from tests.support import ask, create_person, new_sid
from tests.web.conftest import KEY, PAGE, Answer, Bridge, OpenBridge

JANE = "+33612345678"
WITH_KEY = {"Authorization": f"Bearer {KEY}"}
NOBODY: dict[str, object] = {"person": None, "url": None, "others": [], "lastCalls": []}

CREATE_COMPANY = "mutation ($data: CompanyCreateInput!) { createCompany(data: $data) { id } }"
UPDATE_PERSON = (
    "mutation ($id: UUID!, $data: PersonUpdateInput!) { updatePerson(id: $id, data: $data) { id } }"
)
CREATE_CALLS = "mutation ($data: [PhoneCallCreateInput!]!) { createPhoneCalls(data: $data) { id } }"


def at(twenty: TwentySandbox) -> dict[str, object]:
    """Settings that lead there."""
    return {"api_url": twenty.url, "api_token": twenty.api_key}


@pytest.fixture
async def bridge(open_bridge: OpenBridge, twenty: TwentySandbox) -> Bridge:
    """The bridge before a Twenty."""
    return await open_bridge(twenty=at(twenty))


@pytest.fixture
async def jane(twenty: TwentySandbox) -> str:
    return await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)


async def asked(bridge: Bridge, number: str = JANE, **headers: str) -> Answer:
    return await bridge.get(f"/api/callers/{quote(number, safe='+')}", headers={**WITH_KEY, **headers})


async def told(bridge: Bridge, number: str = JANE) -> Any:
    answer = await asked(bridge, number)
    assert answer.status == 200
    return answer.json


async def add_calls(twenty: TwentySandbox, person_id: str, days: range) -> list[str]:
    """A call on each of these days of November; the SIDs."""
    sids = [new_sid() for _ in days]
    records = [
        {
            "externalCallId": sid,
            "name": f"Inbound call · Jane Doe · {day} s",
            "direction": "INBOUND",
            "status": "COMPLETED",
            "startedAt": f"2026-11-{day:02}T10:00:00.000Z",
            "durationInSeconds": day,
            "personId": person_id,
        }
        for sid, day in zip(sids, days, strict=True)
    ]
    await ask(twenty, CREATE_CALLS, data=records)
    return sids


async def test_a_person_with_all_that_is_known(bridge: Bridge, twenty: TwentySandbox, jane: str) -> None:
    company = (await ask(twenty, CREATE_COMPANY, data={"name": "Acme"}))["createCompany"]["id"]
    avatar = "https://pictures.example.com/jane.png"
    await ask(twenty, UPDATE_PERSON, id=jane, data={"companyId": company, "avatarUrl": avatar})
    (sid,) = await add_calls(twenty, jane, range(9, 10))
    assert await told(bridge) == {
        "person": {"id": jane, "name": "Jane Doe", "company": "Acme", "avatar": avatar},
        "url": f"{twenty.url}/object/person/{jane}",
        "others": [],
        "lastCalls": [
            {
                "callSid": sid,
                "direction": "INBOUND",
                "status": "COMPLETED",
                "startedAt": "2026-11-09T10:00:00.000Z",
                "durationInSeconds": 9,
                "title": "Inbound call · Jane Doe · 9 s",
            }
        ],
    }


async def test_the_last_five_calls_newest_first(bridge: Bridge, twenty: TwentySandbox, jane: str) -> None:
    sids = await add_calls(twenty, jane, range(1, 9))
    await add_calls(twenty, await create_person(twenty, "Somebody Else"), range(9, 12))
    assert [call["callSid"] for call in (await told(bridge))["lastCalls"]] == sids[:2:-1]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("", None),
        ("https://pictures.example.com/1.png?s=1", "https://pictures.example.com/1.png?s=1"),
        ("person-picture/1.png?token=a.b", "{twenty}/files/person-picture/1.png?token=a.b"),
        ("/person-picture/1.png", "{twenty}/files/person-picture/1.png"),
        ("javascript:alert(1)", "{twenty}/files/javascript:alert(1)"),
    ],
)
async def test_avatar(
    bridge: Bridge, twenty: TwentySandbox, jane: str, stored: str, shown: str | None
) -> None:
    await ask(twenty, UPDATE_PERSON, id=jane, data={"avatarUrl": stored})
    assert (await told(bridge))["person"]["avatar"] == (shown and shown.format(twenty=twenty.url))


@pytest.mark.parametrize(
    ("several", "chosen"), [("oldest", "Jane Doe"), ("newest", "Jim Doe"), ("none", None)]
)
async def test_several_people(
    open_bridge: OpenBridge, twenty: TwentySandbox, several: str, chosen: str | None
) -> None:
    bridge = await open_bridge(twenty=at(twenty), matching={"several": several})
    names = {
        await create_person(twenty, name, primaryPhoneNumber=JANE): name
        for name in ("Jane Doe", "John Doe", "Jim Doe")
    }
    found = await told(bridge)
    assert (found["person"] and found["person"]["name"]) == chosen
    others = {person["id"]: person["name"] for person in found["others"]}
    assert others == {key: name for key, name in names.items() if name != chosen}


@pytest.mark.usefixtures("jane")
@pytest.mark.parametrize(
    ("number", "status", "name"),
    [
        (JANE, 200, "Jane Doe"),
        ("0612345678", 200, "Jane Doe"),
        ("06 12 34 56 78", 200, "Jane Doe"),
        ("+33 (0)6 12-34-56-78", 200, "Jane Doe"),
        ("0033612345678", 200, "Jane Doe"),
        ("+33612345679", 200, None),
        ("anonymous", 200, None),
        ("Anonymous", 200, None),
        ("+266696687", 200, None),
        ("client:alice", 400, None),
        ("sip:jane@example.com", 400, None),
        ("Jane", 400, None),
        ("12", 400, None),
        ("+", 400, None),
        ("%", 400, None),
        ("0" * 1000, 400, None),
        ("é\0\n", 400, None),
    ],
)
async def test_number(bridge: Bridge, number: str, status: int, name: str | None) -> None:
    answer = await asked(bridge, number)
    assert answer.status == status
    assert status != 200 or (answer.json["person"] or {}).get("name") == name


@pytest.mark.parametrize("number", ["+33612345679", "anonymous"])
async def test_nobody(bridge: Bridge, number: str) -> None:
    assert await told(bridge, number) == NOBODY


async def test_withheld_numbers_cost_nothing(bridge: Bridge, twenty: TwentySandbox) -> None:
    await told(bridge, "anonymous")
    assert twenty.root_fields == 0


@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (WITH_KEY, 200),
        ({"Authorization": "Bearer another-widget-key"}, 401),
        ({"Authorization": f"Basic {KEY}"}, 401),
        ({"Authorization": ""}, 401),
        ({}, 401),
        ({"Origin": PAGE}, 401),
    ],
)
async def test_never_without_a_key(
    open_bridge: OpenBridge, twenty: TwentySandbox, headers: dict[str, str], status: int, anonymous: bool
) -> None:
    bridge = await open_bridge(twenty=at(twenty), auth={"anonymous": anonymous})
    assert (await bridge.get(f"/api/callers/{JANE}", headers=headers)).status == status


@pytest.mark.parametrize(("origin", "allowed"), [(PAGE, PAGE), ("https://evil.example.com", None)])
async def test_pages(bridge: Bridge, origin: str, allowed: str | None) -> None:
    wanted = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    path = f"/api/callers/{JANE}"
    preflight = await bridge.request("OPTIONS", path, headers={"Origin": origin, **wanted})
    answer = await asked(bridge, Origin=origin)
    assert (preflight.status, answer.status) == (200 if allowed else 403, 200)
    assert preflight.headers.get("Access-Control-Allow-Origin") == allowed
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed


@pytest.fixture
async def bare() -> AsyncIterator[TwentySandbox]:
    """A Twenty without the object phoneCall."""
    async with twenty_sandbox(rate_limit=False) as sandbox:
        yield sandbox


async def test_a_workspace_without_phone_calls(open_bridge: OpenBridge, bare: TwentySandbox) -> None:
    bridge = await open_bridge(twenty=at(bare))
    await create_person(bare, "Jane Doe", primaryPhoneNumber=JANE)
    found = await told(bridge)
    assert (found["person"]["name"], found["lastCalls"]) == ("Jane Doe", [])


@pytest.mark.usefixtures("jane")
async def test_from_memory_it_asks_nothing(bridge: Bridge, twenty: TwentySandbox) -> None:
    first = await told(bridge)
    twenty.faults.down = True
    assert [await told(bridge) for _ in range(20)] == [first] * 20


@pytest.mark.parametrize(
    "fault", [{"down": True}, {"status": 502}, {"over_limit": True}, {"key_revoked": True}]
)
async def test_without_twenty_the_widget_should_try_again(
    bridge: Bridge, twenty: TwentySandbox, fault: dict[str, object]
) -> None:
    twenty.faults.set(**fault)
    answer = await asked(bridge)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert "key" not in answer.text


async def test_one_page_cannot_spend_what_calls_need(open_bridge: OpenBridge, twenty: TwentySandbox) -> None:
    bridge = await open_bridge(twenty={**at(twenty), "requests_per_minute": 60})
    allowed = look_ups_of_one(60)
    numbers = [f"+336398{i:05}" for i in range(allowed + 5)]
    answers = [await asked(bridge, number) for number in numbers]
    assert [answer.status for answer in answers] == [200] * allowed + [429] * 5
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert twenty.root_fields <= 3 * allowed
    # What was looked up lately costs nothing.
    assert (await asked(bridge, numbers[0])).status == 200
