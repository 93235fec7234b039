"""People are found as one types: as Twenty lets each user see them, and by keys as the settings say."""

import pytest

from bridge.sandbox.twenty import TwentySandbox
from tests.support import create_person, create_record
from tests.web.authentication.test_caller import BELA, at, bearer, signed_in
from tests.web.conftest import KEY, Bridge, OpenBridge

JANE = "+33612345678"
AGENTS = {"names": ("alice",)}


@pytest.fixture
async def bridge(open_bridge: OpenBridge, twenty: TwentySandbox) -> Bridge:
    return await open_bridge(twenty=at(twenty), agents=AGENTS, phone={"search": "keys"})


TYPED = ["jan", "Doe", "DOE jane", "06 12 34 56 78", "+33612345678", "612", "+54 9 11 2345-6789"]
"""The last one is stored without the 9, which is dialled from abroad alone."""


@pytest.mark.parametrize("text", TYPED)
async def test_by_name_and_by_number(bridge: Bridge, twenty: TwentySandbox, text: str) -> None:
    more = [{"number": "+541123456789"}]
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE, additionalPhones=more)
    for token in (KEY, await signed_in(twenty, BELA)):
        query = {"search": text, "identity": "alice"}
        answer = await bridge.get("/api/people", params=query, headers=bearer(token))
        assert jane in [person["id"] for person in answer.json["people"]]
    # Each with their own credentials: those of a user are not the bridge's.
    searches = [request for request in twenty.requests if request.operation == "Search"]
    assert len(searches) == 2


async def test_a_person_has_numbers_to_choose_from(bridge: Bridge, twenty: TwentySandbox) -> None:
    more = [{"number": "698765432", "callingCode": "+33", "countryCode": "FR"}]
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE, additionalPhones=more)
    answer = await bridge.get(f"/api/people/{jane}", headers=bearer(await signed_in(twenty, BELA)))
    assert [number["number"] for number in answer.json["numbers"]] == [JANE, "+33698765432"]
    assert (answer.json["name"], answer.json["numbers"][0]["allowed"]) == ("Jane Doe", True)
    unknown = "00000000-0000-4000-8000-000000000000"
    asked = bearer(await signed_in(twenty, BELA))
    assert (await bridge.get(f"/api/people/{unknown}", headers=asked)).status == 404


@pytest.mark.parametrize("search", ["users", "devices"])
async def test_the_settings_say_whether_keys_search(
    open_bridge: OpenBridge, twenty: TwentySandbox, search: str
) -> None:
    bridge = await open_bridge(twenty=at(twenty), agents=AGENTS, phone={"search": search})
    query = "?search=jane&identity=alice"
    assert (await bridge.get(f"/api/people{query}", headers=bearer(KEY))).status == 403
    assert (
        await bridge.get(f"/api/people{query}", headers=bearer(await signed_in(twenty, BELA)))
    ).status == 200
    assert not (await bridge.get("/api/me?identity=alice", headers=bearer(KEY))).json["allowed"]["search"]


@pytest.mark.parametrize(
    "query", ["", "search=", "search=%20", "search=" + "a" * 201, "search=a&limit=21", "company=1"]
)
async def test_what_is_asked_for_wrongly_is_told_so(bridge: Bridge, query: str) -> None:
    assert (await bridge.get(f"/api/people?identity=alice&{query}", headers=bearer(KEY))).status == 400


OTHER = "+33698765432"


@pytest.mark.parametrize(("direction", "theirs"), [("INBOUND", JANE), ("OUTBOUND", OTHER)])
async def test_a_phone_call_has_another_party(
    bridge: Bridge, twenty: TwentySandbox, direction: str, theirs: str
) -> None:
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    numbers = {
        "fromPhoneNumber": {"primaryPhoneNumber": JANE},
        "toPhoneNumber": {"primaryPhoneNumber": OTHER},
    }
    call = await create_record(twenty, "PhoneCall", direction=direction, personId=jane, **numbers)
    answer = await bridge.get(f"/api/phone-calls/{call}", headers=bearer(await signed_in(twenty, BELA)))
    assert (answer.json["number"], answer.json["allowed"]) == (theirs, True)
    assert answer.json["person"]["id"] == jane


async def test_a_phone_call_of_a_withheld_number_has_none(bridge: Bridge, twenty: TwentySandbox) -> None:
    call = await create_record(twenty, "PhoneCall", direction="INBOUND")
    asked = bearer(await signed_in(twenty, BELA))
    answer = await bridge.get(f"/api/phone-calls/{call}", headers=asked)
    assert set(answer.json.values()) == {None}
    unknown = await bridge.get("/api/phone-calls/00000000-0000-4000-8000-000000000000", headers=asked)
    assert unknown.status == 404
